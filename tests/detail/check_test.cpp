// SPDX-License-Identifier: MIT
#include <seqpool/detail/check.hpp>

#include "support/catch.hpp"

TEST_CASE("shapes are written as everywhere", "[check]") {
  CHECK(seqpool::detail::shape({}) == "[]");
  CHECK(seqpool::detail::shape({7}) == "[7]");
  CHECK(seqpool::detail::shape({2, 0, 768}) == "[2, 0, 768]");
}

TEST_CASE("fail throws std::invalid_argument that names the library", "[check]") {
  CHECK_THROWS_AS(seqpool::detail::fail("x"), std::invalid_argument);
  CHECK_THROWS_WITH(seqpool::detail::fail("mask is wrong"), "seqpool: mask is wrong");
}
