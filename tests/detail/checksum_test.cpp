// SPDX-License-Identifier: MIT
#include <seqpool/detail/checksum.hpp>

#include <string_view>

#include "support/catch.hpp"

TEST_CASE("the checksum is FNV-1a of 64 bits", "[checksum]") {
  const auto sum = [](std::string_view text) { return seqpool::detail::checksum(std::as_bytes(std::span(text))); };
  CHECK(sum("") == 0xcbf29ce484222325u);
  CHECK(sum("a") == 0xaf63dc4c8601ec8cu);
  CHECK(sum("foobar") == 0x85944171f73967e8u);
}
