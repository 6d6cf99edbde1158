// SPDX-License-Identifier: MIT
#include <seqpool/pooling/max.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/small.hpp"

TEST_CASE("max is over the real tokens, whatever their sign and size", "[max]") {
  const auto x = test::small_states({{1, 3, 5, 10}, {-4e9f, -2e9f, -3e9f, 7}});
  test::check_rows(seqpool::max_pool(x), {10, 7});
  test::check_rows(seqpool::max_pool(x, test::small_mask({{1, 1, 1, 0}, {1, 1, 1, 0}})), {5, -2e9f});
  test::check_rows(seqpool::max_pool(x, test::small_mask({{0, 0, 0, 0}, {0, 0, 1, 0}})), {0, -3e9f});
}

TEST_CASE("a row of -inf has the maximum -inf, and an empty row 0", "[max]") {
  const float inf = std::numeric_limits<float>::infinity();
  const auto x = test::small_states({{-inf, -inf}, {-inf, -inf}});
  test::check_rows(seqpool::max_pool(x, test::small_mask({{1, 1}, {0, 0}})), {-inf, 0});
}

TEST_CASE("a NaN is the maximum wherever it stands, whatever its sign and its neighbours", "[max]") {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  for (const float other : {1.f, -1.f, inf, -inf})
    for (const float strange : {nan, -nan})
      for (const std::size_t place : {0u, 1u, 6u, 7u, 8u, 300u, 599u}) {
        std::vector<float> row(600, other);
        row[place] = strange;
        const auto result = seqpool::max_pool(test::small_states({row, std::vector<float>(600, other)}));
        CHECK((std::isnan(result(0, 0)) && std::isnan(result(0, 1)) && result(1, 0) == other));
      }
}
