// SPDX-License-Identifier: MIT
#include <seqpool/detail/bytes.hpp>

#include <array>
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
