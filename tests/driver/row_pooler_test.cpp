// SPDX-License-Identifier: MIT
// The driver's work is in pool_test.cpp and in the laws; here is what it asks of a pooling.
#include <seqpool/driver/row_pooler.hpp>

#include <seqpool/seqpool.hpp>

#include "midrange.hpp"
#include "support/catch.hpp"

using seqpool::Reads;
namespace detail = seqpool::detail;

TEST_CASE("a pooling says which tokens it reads, or gets all", "[row_pooler]") {
  STATIC_REQUIRE(detail::reads_of<seqpool::Cls> == Reads::first_token);
  STATIC_REQUIRE(detail::reads_of<seqpool::Last> == Reads::last_token);
  STATIC_REQUIRE(detail::reads_of<seqpool::Mean> == Reads::every_token);
  STATIC_REQUIRE(detail::reads_of<Midrange> == Reads::every_token);
}

TEST_CASE("a pooling says that it pools each feature by itself, or is not taken to", "[row_pooler]") {
  STATIC_REQUIRE(detail::feature_wise<seqpool::Mean>);
  STATIC_REQUIRE(detail::feature_wise<seqpool::Max>);
  STATIC_REQUIRE(!detail::feature_wise<seqpool::Attention<float>>);
  STATIC_REQUIRE(!detail::feature_wise<Midrange>);
}
