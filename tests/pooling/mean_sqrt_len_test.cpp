// SPDX-License-Identifier: MIT
#include <seqpool/pooling/mean_sqrt_len.hpp>

#include "support/catch.hpp"
#include "support/small.hpp"

TEST_CASE("mean_sqrt_len is the sum over the real tokens by the root of their number", "[mean_sqrt_len]") {
  const auto x = test::small_states({{1, 3, 5, 7}, {2, 4, 6, 8}});
  test::check_rows(seqpool::mean_sqrt_len_pool(x), {8, 10});
  test::check_rows(seqpool::mean_sqrt_len_pool(x, test::small_mask({{1, 0, 0, 0}, {0, 0, 0, 0}})), {1, 0});
}
