// SPDX-License-Identifier: MIT
#include <seqpool/pooling/mean_max.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/small.hpp"

TEST_CASE("mean_max is halfway from the mean to the maximum", "[mean_max]") {
  const auto x = test::small_states({{1, 3, 5, 100}, {-2, -4, -6, 8}});
  const auto mask = test::small_mask({{1, 1, 1, 0}, {1, 1, 1, 0}});
  test::check_rows(seqpool::mean_max_pool(x, mask), {4, -3});
  test::check_rows(seqpool::mean_max_pool(x, test::small_mask({{0, 0, 0, 0}, {0, 1, 0, 0}})), {0, -4});
}

TEST_CASE("mean_max sees the maximum of a later block", "[mean_max]") {
  std::vector<float> row(600, 0);
  row[500] = 600;
  test::check_rows(seqpool::mean_max_pool(test::small_states({row})), {300.5f});
}

TEST_CASE("mean_max of the largest number does not overflow, and infinities and NaN stay", "[mean_max]") {
  const float inf = std::numeric_limits<float>::infinity();
  const float largest = (std::numeric_limits<float>::max)();
  test::check_rows(seqpool::mean_max_pool(test::small_states({{largest}, {-inf}, {inf}})), {largest, -inf, inf});
  test::check_rows(seqpool::mean_max_pool(test::small_states({{-inf, 1}})), {-inf});
  for (const std::size_t place : {0u, 9u, 400u}) {
    std::vector<float> row(600, 1);
    row[place] = std::numeric_limits<float>::quiet_NaN();
    CHECK(std::isnan(seqpool::mean_max_pool(test::small_states({row}))(0, 0)));
  }
}
