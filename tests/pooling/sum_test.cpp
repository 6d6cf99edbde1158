// SPDX-License-Identifier: MIT
#include <seqpool/pooling/sum.hpp>

#include "support/catch.hpp"
#include "support/small.hpp"

TEST_CASE("sum is over the real tokens", "[sum]") {
  const auto x = test::small_states({{1, 3, 5, 100}, {2, 4, 6, 8}});
  test::check_rows(seqpool::sum_pool(x), {109, 20});
  test::check_rows(seqpool::sum_pool(x, test::small_mask({{1, 1, 0, 0}, {0, 1, 0, 1}})), {4, 12});
  test::check_rows(seqpool::sum_pool(x, test::small_mask({{1, 1, 1, 0}, {0, 0, 0, 0}})), {9, 0});
}
