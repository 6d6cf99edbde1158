// SPDX-License-Identifier: MIT
#include <seqpool/detail/sentence.hpp>

#include "support/catch.hpp"

#include <limits>

TEST_CASE("a sentence is its parts, of text and of whole numbers", "[sentence]") {
  const std::string text = "of text";
  CHECK(seqpool::detail::sentence({}).empty());
  CHECK(seqpool::detail::sentence({"one ", std::string_view(text), ", ", text, ", ", std::string_view()}) ==
        "one of text, of text, ");
  CHECK(seqpool::detail::sentence({0, " ", -7, " ", (std::numeric_limits<std::int64_t>::min)(), " ",
                                   (std::numeric_limits<std::uint64_t>::max)()}) ==
        "0 -7 -9223372036854775808 18446744073709551615");
}

TEST_CASE("a number is written as std::to_string writes it", "[sentence]") {
  const auto check = [](auto number) { CHECK(seqpool::detail::number_text(number) == std::to_string(number)); };
  check(0);
  check(-1);
  check(1234567890123456789);
  check((std::numeric_limits<std::int64_t>::min)());
  check((std::numeric_limits<std::int64_t>::max)());
  check((std::numeric_limits<std::uint64_t>::max)());
  check(static_cast<unsigned char>(200));
  check(0.);
  check(-0.5f);
  check(1e30);
  check((std::numeric_limits<double>::max)());
  check(std::numeric_limits<double>::infinity());
}
