// SPDX-License-Identifier: MIT
#include <seqpool/io/json.hpp>

#include <string>

#include "support/catch.hpp"

using seqpool::io::detail::quoted_json;

TEST_CASE("text is quoted as nlohmann/json quotes it", "[json]") {
  std::string controls;
  for (int c = 0; c < 128; ++c) controls += static_cast<char>(c);
  for (const std::string& text :
       {std::string(), controls, std::string("\"\\/'"),
        std::string(
            "\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF")}) {
    CHECK(quoted_json(text) == nlohmann::json(text).dump());
    CHECK(quoted_json(text, true) == nlohmann::json(text).dump(-1, ' ', true));
  }
}

TEST_CASE("what is not UTF-8 is not quoted", "[json]") {
  for (const char* text :
       {"a\xFF", "\x80", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\xC3(", "\xE2\x82("}) {
    CHECK_FALSE(quoted_json(text).has_value());
    CHECK_FALSE(quoted_json(text, true).has_value());
    CHECK_THROWS(nlohmann::json(text).dump());
  }
}
