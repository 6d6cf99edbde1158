// SPDX-License-Identifier: MIT
#include <seqpool/detail/sentence.hpp>

#include "support/catch.hpp"

#include <clocale>
#include <limits>
#include <string>

TEST_CASE("a sentence is its parts, of text and of whole numbers", "[sentence]") {
  const std::string text = "of text";
  CHECK(seqpool::detail::sentence({}).empty());
  CHECK(seqpool::detail::sentence({"one ", std::string_view(text), ", ", text, ", ", std::string_view()}) ==
        "one of text, of text, ");
  CHECK(seqpool::detail::sentence({0, " ", -7, " ", (std::numeric_limits<std::int64_t>::min)(), " ",
                                   (std::numeric_limits<std::uint64_t>::max)()}) ==
        "0 -7 -9223372036854775808 18446744073709551615");
}

TEST_CASE("a whole number is written as std::to_string writes it", "[sentence]") {
  const auto check = [](auto number) { CHECK(seqpool::detail::number_text(number) == std::to_string(number)); };
  check(0);
  check(-1);
  check(1234567890123456789);
  check((std::numeric_limits<std::int64_t>::min)());
  check((std::numeric_limits<std::int64_t>::max)());
  check((std::numeric_limits<std::uint64_t>::max)());
  check(static_cast<unsigned char>(200));
}

TEST_CASE("a number has a point in every locale, and reads back as itself", "[sentence]") {
  using seqpool::detail::number_text;
  using seqpool::detail::with_point;
  CHECK(with_point("0,5") == "0.5");
  CHECK(with_point("-1\xD9\xAB"
                   "25e-07") == "-1.25e-07");
  CHECK(with_point("-1.5e+300") == "-1.5e+300");
  CHECK(with_point("12") == "12");
  CHECK(with_point("-inf") == "-inf");
  const std::string before = std::setlocale(LC_NUMERIC, nullptr);
  // Any of them that the machine has; the first is there always.
  for (const char* locale : {"C", "de_DE.UTF-8", "fr_FR.UTF-8", "ps_AF.UTF-8", "German"}) {
    if (std::setlocale(LC_NUMERIC, locale) == nullptr) continue;
    CHECK(number_text(0.5) == "0.5");
    CHECK(number_text(-1e-6) == "-1e-06");
    CHECK(number_text(1.0 / 3) == "0.33333333333333331");
    CHECK(number_text(0.1f) == "0.1");
    CHECK(number_text(1.f / 3) == "0.333333343");
    CHECK(number_text(-0.) == "-0");
    CHECK(number_text(std::numeric_limits<double>::infinity()) == "inf");
  }
  std::setlocale(LC_NUMERIC, before.c_str());
}
