// SPDX-License-Identifier: MIT
#include <seqpool/pooling/weighted_mean.hpp>

#include <limits>

#include "support/catch.hpp"
#include "support/small.hpp"

TEST_CASE("weighted_mean counts places over the real tokens, on either side of padding", "[weighted_mean]") {
  const auto x = test::small_states({{1, 4, 7, 100}, {100, 1, 4, 7}, {1, 100, 4, 7}});
  test::check_rows(seqpool::weighted_mean_pool(x, test::small_mask({{1, 1, 1, 0}, {0, 1, 1, 1}, {1, 0, 1, 1}})),
                   {5, 5, 5});
  test::check_rows(seqpool::weighted_mean_pool(x, test::small_mask({{0, 1, 0, 0}, {0, 0, 0, 0}, {1, 0, 1, 0}})),
                   {4, 0, 3});
}

TEST_CASE("an infinity in a first block stays one, and is no NaN", "[weighted_mean]") {
  const float inf = std::numeric_limits<float>::infinity();
  std::vector<float> row(600, 1);
  row[3] = inf;
  test::check_rows(seqpool::weighted_mean_pool(test::small_states({row})), {inf});
  row[3] = 1;
  row[400] = inf;
  test::check_rows(seqpool::weighted_mean_pool(test::small_states({row})), {inf});
}
