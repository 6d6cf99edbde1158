// SPDX-License-Identifier: MIT
#include <seqpool/pooling/min.hpp>

#include <cmath>
#include <limits>
#include <seqpool/pooling/max.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/small.hpp"

TEST_CASE("min is over the real tokens, whatever their sign and size", "[min]") {
  const auto x = test::small_states({{3, 5, 10, 1}, {4e9f, 2e9f, 3e9f, -7}});
  test::check_rows(seqpool::min_pool(x), {1, -7});
  test::check_rows(seqpool::min_pool(x, test::small_mask({{1, 1, 1, 0}, {1, 1, 1, 0}})), {3, 2e9f});
  test::check_rows(seqpool::min_pool(x, test::small_mask({{0, 0, 0, 0}, {0, 0, 1, 0}})), {0, 3e9f});
}

TEST_CASE("a row of +inf has the minimum +inf, and an empty row 0", "[min]") {
  const float inf = std::numeric_limits<float>::infinity();
  const auto x = test::small_states({{inf, inf}, {inf, inf}});
  test::check_rows(seqpool::min_pool(x, test::small_mask({{1, 1}, {0, 0}})), {inf, 0});
}

TEST_CASE("of equal zeros the first one stays, for min as for max", "[min][max]") {
  const auto x = test::small_states({{0.0f, -0.0f}, {-0.0f, 0.0f}});
  CHECK_FALSE(std::signbit(seqpool::min_pool(x)(0, 0)));
  CHECK(std::signbit(seqpool::min_pool(x)(1, 0)));
  CHECK_FALSE(std::signbit(seqpool::max_pool(x)(0, 0)));
  CHECK(std::signbit(seqpool::max_pool(x)(1, 0)));
}

TEST_CASE("a NaN is the minimum wherever it stands, whatever its sign and its neighbours", "[min]") {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  for (const float other : {1.f, -1.f, inf, -inf})
    for (const float strange : {nan, -nan})
      for (const std::size_t place : {0u, 1u, 6u, 7u, 8u, 300u, 599u}) {
        std::vector<float> row(600, other);
        row[place] = strange;
        const auto result = seqpool::min_pool(test::small_states({row, std::vector<float>(600, other)}));
        CHECK((std::isnan(result(0, 0)) && std::isnan(result(0, 1)) && result(1, 0) == other));
      }
}
