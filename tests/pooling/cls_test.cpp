// SPDX-License-Identifier: MIT
#include <seqpool/input/lengths.hpp>
#include <seqpool/pooling/cls.hpp>

#include "support/catch.hpp"
#include "support/small.hpp"

TEST_CASE("cls is x[:, 0, :] without a mask, and the first real token with one", "[cls]") {
  const auto x = test::small_states({{1, 2, 3, 4}, {5, 6, 7, 8}});
  test::check_rows(seqpool::cls_pool(x), {1, 5});
  test::check_rows(seqpool::cls_pool(x, test::small_mask({{0, 0, 1, 1}, {0, 1, 1, 1}})), {3, 6});
  test::check_rows(seqpool::cls_pool(x, test::small_mask({{1, 1, 0, 0}, {0, 0, 0, 0}})), {1, 0});
  test::check_rows(seqpool::cls_pool(x, seqpool::Lengths(std::array{4, 0})), {1, 0});
}
