// SPDX-License-Identifier: MIT
#include <seqpool/pooling/abs_mean.hpp>

#include <limits>

#include "support/catch.hpp"
#include "support/small.hpp"

TEST_CASE("abs_mean is the mean size, over real tokens alone", "[abs_mean]") {
  const auto x = test::small_states({{1, -3, 2, 100}, {-2, -4, 6, 0}});
  test::check_rows(seqpool::abs_mean_pool(x), {26.5f, 3});
  test::check_rows(seqpool::abs_mean_pool(x, test::small_mask({{1, 1, 1, 0}, {0, 0, 0, 0}})), {2, 0});
}

TEST_CASE("infinities of both signs have the mean size infinity", "[abs_mean]") {
  const float inf = std::numeric_limits<float>::infinity();
  test::check_rows(seqpool::abs_mean_pool(test::small_states({{inf, -inf, 1}})), {inf});
}
