// SPDX-License-Identifier: MIT
#include <seqpool/input/skip_prefix.hpp>

#include <array>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/runs.hpp"
#include "support/small.hpp"

using seqpool::AllTokens;
using seqpool::Lengths;
using seqpool::skip_prefix;
using test::Runs;
using test::runs;

TEST_CASE("the first real tokens of each row are left out, padding not counted", "[skip_prefix]") {
  const auto mask = test::small_mask({{0, 1, 1, 1, 1}, {1, 0, 1, 0, 1}, {1, 1, 0, 0, 0}, {0, 0, 0, 0, 0}});
  const auto skipped = skip_prefix(mask, std::array{2, 1, 5, 1});
  CHECK(runs(skipped, 0, 5) == Runs{{3, 5}});
  CHECK(runs(skipped, 1, 5) == Runs{{2, 3}, {4, 5}});
  CHECK(runs(skipped, 2, 5).empty());
  CHECK(runs(skipped, 3, 5).empty());
  CHECK(runs(skip_prefix(mask, std::array{0, 0, 2, 0}), 0, 5) == Runs{{1, 5}});
  CHECK(runs(skip_prefix(mask, std::array{0, 3, 1, 0}), 1, 5).empty());
  CHECK(runs(skip_prefix(mask, std::array{0, 3, 1, 0}), 2, 5) == Runs{{1, 2}});
  CHECK(runs(skip_prefix(Lengths(std::array{4, 2}), std::array{1, 2}), 0, 5) == Runs{{1, 4}});
  CHECK(runs(skip_prefix(Lengths(std::array{4, 2}), std::array{1, 2}), 1, 5).empty());
  CHECK(runs(skip_prefix(AllTokens{}, std::array{3}), 0, 5) == Runs{{3, 5}});
  CHECK(runs(skip_prefix(AllTokens{}, std::array{6}), 0, 5).empty());
  const seqpool::Run none = skip_prefix(AllTokens{}, std::array{6}).next_run(0, {0, 5});
  CHECK(none.begin == 5);
  CHECK(none.end == 5);
}

TEST_CASE("what is left out is not pooled, the rest as ever", "[skip_prefix]") {
  const auto x = test::small_states({{1, 2, 3, 4}, {5, 6, 7, 8}});
  const auto mask = test::small_mask({{1, 1, 1, 0}, {0, 1, 1, 1}});
  test::check_rows(seqpool::sum_pool(x, skip_prefix(mask, std::vector<int>{1, 2})), {5, 8});
  test::check_rows(seqpool::cls_pool(x, skip_prefix(mask, Eigen::Vector2i(2, 1))), {3, 7});
  test::check_rows(seqpool::sum_pool(x, skip_prefix(AllTokens{}, std::array{0, 4})), {10, 0});
}

TEST_CASE("counts must be one for each row, of 0 or more; the mask is checked as ever", "[skip_prefix]") {
  const auto x = test::small_states({{1, 2}, {5, 6}});
  const auto mask = test::small_mask({{1, 1}, {0, 1}});
  CHECK_THROWS_WITH(skip_prefix(mask, std::array{1}), ct::has_substring("[1]") && ct::has_substring("batch 2"));
  CHECK_THROWS_WITH(skip_prefix(mask, std::array{1, 1, 1}), ct::has_substring("[3]"));
  CHECK_THROWS_WITH(skip_prefix(mask, std::array{0, -1}), ct::has_substring("row 1 has -1"));
  CHECK_THROWS_WITH(seqpool::sum_pool(x, skip_prefix(AllTokens{}, std::array{1})), ct::has_substring("batch 2"));
  CHECK_THROWS_WITH(seqpool::sum_pool(x, skip_prefix(AllTokens{}, std::array{1, 0, 0})), ct::has_substring("batch 2"));
  CHECK_THROWS_WITH(seqpool::sum_pool(x, skip_prefix(test::small_mask({{1, 7}, {1, 1}}), std::array{1, 0})),
                    ct::has_substring("mask value 7"));
  CHECK_THROWS_WITH(seqpool::sum_pool(x, skip_prefix(test::small_mask({{1}, {1}}), std::array{1, 0})),
                    ct::has_substring("mask is [2, 1]"));
}
