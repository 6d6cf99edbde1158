// SPDX-License-Identifier: MIT
#include <seqpool/pooling/abs_max.hpp>

#include <cmath>
#include <limits>

#include "support/catch.hpp"
#include "support/small.hpp"

TEST_CASE("abs_max is the largest size, of either sign", "[abs_max]") {
  const auto x = test::small_states({{1, -3, 2, 100}, {-0.f, 0, 0, -5}});
  test::check_rows(seqpool::abs_max_pool(x), {100, 5});
  test::check_rows(seqpool::abs_max_pool(x, test::small_mask({{1, 1, 1, 0}, {1, 1, 1, 0}})), {3, 0});
  CHECK_FALSE(std::signbit(seqpool::abs_max_pool(x, test::small_mask({{1, 1, 1, 0}, {1, 0, 0, 0}}))(1, 0)));
  test::check_rows(seqpool::abs_max_pool(x, test::small_mask({{0, 1, 0, 0}, {0, 0, 0, 0}})), {3, 0});
}

TEST_CASE("abs_max of infinities is one, and of NaN NaN, in any block", "[abs_max]") {
  const float inf = std::numeric_limits<float>::infinity();
  test::check_rows(seqpool::abs_max_pool(test::small_states({{1, -inf, 2}})), {inf});
  for (const std::size_t place : {0u, 7u, 300u}) {
    std::vector<float> row(600, 1);
    row[place] = -std::numeric_limits<float>::quiet_NaN();
    CHECK(std::isnan(seqpool::abs_max_pool(test::small_states({row}))(0, 0)));
  }
}
