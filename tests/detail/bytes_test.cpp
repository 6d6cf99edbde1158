// SPDX-License-Identifier: MIT
#include <seqpool/detail/bytes.hpp>

#include <array>
#include <clocale>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using seqpool::detail::ByteReader;
using seqpool::detail::ByteWriter;

TEST_CASE("numbers come back as they were written, and only those", "[bytes]") {
  ByteWriter writer;
  writer.put(77);
  writer.put(5);
  const std::array<float, 3> floats{1, 2, 3};
  writer.put(std::span<const float>(floats));
  const std::vector<std::byte> bytes = writer.take();
  ByteReader reader(bytes, 77);
  CHECK(reader.number() == 5);
  std::array<float, 3> back{};
  reader.get(std::span<float>(back));
  CHECK(back == floats);
  CHECK(reader.done());
  CHECK_THROWS_WITH(reader.number(), ct::has_substring("end too early"));
  ByteReader short_of_one(bytes, 77);
  std::array<char, 21> more{};  // of 20
  CHECK_THROWS_WITH(short_of_one.get(std::span<char>(more)), ct::has_substring("end too early"));
  CHECK_THROWS_WITH((ByteReader(bytes, 78)), ct::has_substring("do not begin"));
  CHECK_THROWS_WITH((ByteReader(std::span(bytes).first(15), 77)), ct::has_substring("fewer"));
  CHECK_THROWS_WITH((ByteReader(std::span(bytes).first(bytes.size() - 1), 77)), ct::has_substring("cut or changed"));
}

TEST_CASE("the checksum is FNV-1a of 64 bits", "[checksum]") {
  const auto sum = [](std::string_view text) { return seqpool::detail::checksum(std::as_bytes(std::span(text))); };
  CHECK(sum("") == 0xcbf29ce484222325u);
  CHECK(sum("a") == 0xaf63dc4c8601ec8cu);
  CHECK(sum("foobar") == 0x85944171f73967e8u);
}

TEST_CASE("a number has a point in every locale, and reads back as itself", "[bytes]") {
  using seqpool::detail::exact_text;
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
    CHECK(exact_text(0.5) == "0.5");
    CHECK(exact_text(-1e-6) == "-1e-06");
    CHECK(exact_text(1.0 / 3) == "0.33333333333333331");
    CHECK(exact_text(std::numeric_limits<double>::infinity()) == "inf");
  }
  std::setlocale(LC_NUMERIC, before.c_str());
}
