// SPDX-License-Identifier: MIT
#include <seqpool/input/lengths.hpp>
#include <seqpool/pooling/last.hpp>

#include "support/catch.hpp"
#include "support/small.hpp"

TEST_CASE("last is x[:, -1, :] without a mask, and the last real token with one", "[last]") {
  const auto x = test::small_states({{1, 2, 3, 4}, {5, 6, 7, 8}});
  test::check_rows(seqpool::last_pool(x), {4, 8});
  test::check_rows(seqpool::last_pool(x, test::small_mask({{1, 1, 1, 0}, {1, 1, 0, 0}})), {3, 6});
  test::check_rows(seqpool::last_pool(x, test::small_mask({{0, 0, 1, 1}, {1, 0, 1, 0}})), {4, 7});  // n - 1 is wrong
  test::check_rows(seqpool::last_pool(x, test::small_mask({{0, 0, 0, 0}, {0, 1, 0, 0}})), {0, 6});
  test::check_rows(seqpool::last_pool(x, seqpool::Lengths(std::array{3, 0})), {3, 0});
}
