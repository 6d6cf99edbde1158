// SPDX-License-Identifier: MIT
#include <seqpool/pooling/weighted_mean.hpp>

#include <cmath>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/small.hpp"

using seqpool::Index;

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

TEST_CASE("tokens that are left out and counted are not fewer than none", "[weighted_mean]") {
  const auto x = test::small_states({{1, 2, 3}});
  for (const Index before : {Index{-1}, Index{-2}, std::numeric_limits<Index>::min()}) {
    const seqpool::WeightedMean pooling{.before = before};
    CHECK_THROWS_AS(seqpool::pool(pooling, x), std::invalid_argument);
    CHECK_THROWS_WITH(seqpool::pool(seqpool::Concat{seqpool::Mean{}, pooling}, x),
                      ct::has_substring("WeightedMean's before is " + std::to_string(before)));
    CHECK_THROWS_WITH((seqpool::Stream<seqpool::WeightedMean, float>(pooling, 2)),
                      ct::has_substring("it must be 0 or more"));
  }
  test::check_rows(seqpool::pool(seqpool::WeightedMean{.before = 0}, x), {14.0f / 6});
  test::check_rows(seqpool::pool(seqpool::WeightedMean{.before = 1}, x), {20.0f / 9});
}

TEST_CASE("over blocks the places of weighted_mean go on", "[weighted_mean]") {
  for (const Index before : {0, 3})
    for (const Index n : {256, 257, 600, 1000}) {
      std::vector<float> row;
      double sum = 0, places = 0;
      for (Index t = 0; t < n; ++t) {
        row.push_back(static_cast<float>((t * 7) % 13) - 4);
        const double place = static_cast<double>(before + t + 1);
        sum += place * static_cast<double>(row.back()), places += place;
      }
      const double bound = (256 + static_cast<double>(n) / 256 + 8) * 0x1p-23 * 2 * 8;
      const auto result = seqpool::pool(seqpool::WeightedMean{.before = before}, test::small_states({row}));
      CHECK(std::abs(static_cast<double>(result(0, 0)) - sum / places) <= bound);
    }
}

TEST_CASE("a state of weighted_mean that is merged into an empty one is itself, an infinity too", "[weighted_mean]") {
  const float inf = std::numeric_limits<float>::infinity();
  const seqpool::WeightedMean pooling;
  for (const std::vector<float>& row : {std::vector<float>{1, 5, 2}, {1, inf}, {-inf, 1}}) {
    seqpool::WeightedMean::State<float> state, empty;
    for (auto* const each : {&state, &empty}) pooling.init(*each, 1);
    pooling.fold(state, seqpool::TokenBlock<float>(row.data(), static_cast<Index>(row.size()), 1, 1));
    pooling.merge(empty, state);
    CHECK((empty.weighted[0] == state.weighted[0] && empty.sum[0] == state.sum[0] && empty.count == state.count));
  }
}
