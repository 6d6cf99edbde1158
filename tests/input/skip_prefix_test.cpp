// SPDX-License-Identifier: MIT
#include <seqpool/input/skip_prefix.hpp>

#include <algorithm>
#include <array>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
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
  const auto unlawful = test::small_mask({{1, 7}, {1, 1}});
  CHECK_THROWS_WITH(seqpool::sum_pool(x, skip_prefix(unlawful, std::array{1, 0})), ct::has_substring("mask value 7"));
  const auto narrow = test::small_mask({{1}, {1}});
  CHECK_THROWS_WITH(seqpool::sum_pool(x, skip_prefix(narrow, std::array{1, 0})), ct::has_substring("mask is [2, 1]"));
}

namespace {

// The sequences from the last to the first, each without its last token; knows its rows once it was checked alone.
struct Reversed {
  std::vector<seqpool::Index> lengths;
  void check(seqpool::Index, seqpool::Index) const {}
  seqpool::Run next_run(seqpool::Index row, seqpool::Run within) const {
    const seqpool::Index end = std::min(within.end, lengths.at(static_cast<std::size_t>(sequence(row))) - 1);
    return {within.begin, std::max(within.begin, end)};
  }
  seqpool::Index rows(seqpool::Index batch) const { return batch; }
  seqpool::Index sequence(seqpool::Index row) const { return static_cast<seqpool::Index>(lengths.size()) - 1 - row; }
};

}  // namespace

TEST_CASE("of spans the first tokens of each are left out, from its own sequence", "[skip_prefix][spans]") {
  const auto x = test::small_states({{0, 1, 2, 3, 4}, {10, 11, 12, 13, 14}, {20, 21, 22, 23, 24}});
  const seqpool::Spans spans{{1, 1, 3}, {2, 0, 2}, {1, 0, 5}, {0, 4, 5}};
  test::check_rows(seqpool::cls_pool(x, skip_prefix(spans, std::array{0, 0, 0, 0})), {11, 20, 10, 4});
  test::check_rows(seqpool::cls_pool(x, skip_prefix(spans, std::array{1, 1, 1, 1})), {12, 21, 11, 0});
  test::check_rows(seqpool::sum_pool(x, skip_prefix(spans, std::array{2, 0, 4, 0})), {0, 41, 14, 4});
  // One too few and one too many; the first span's sequence is beyond what counts there are.
  CHECK_THROWS_WITH(seqpool::sum_pool(x, skip_prefix(spans, std::array{1, 1, 1})),
                    ct::has_substring("[3]") && ct::has_substring("4 spans"));
  CHECK_THROWS_WITH(seqpool::sum_pool(x, skip_prefix(spans, std::array{1, 1, 1, 1, 1})), ct::has_substring("[5]"));
  CHECK_THROWS_WITH(seqpool::sum_pool(x, skip_prefix(seqpool::Spans{{3, 0, 1}}, std::array{0})),
                    ct::has_substring("of sequence 3"));
  const std::vector<float> packed{0, 1, 2, 3, 4, 5};
  const seqpool::PackedStates<float> sequences(packed.data(), {6, 1}, std::array{0, 2, 6});
  const auto sums = seqpool::sum_pool(sequences, skip_prefix(seqpool::Spans{{1, 1, 4}, {0, 0, 2}}, std::array{1, 1}));
  CHECK(sums(0, 0) == 4 + 5);
  CHECK(sums(1, 0) == 1);
  CHECK_THROWS_WITH(seqpool::sum_pool(sequences, skip_prefix(seqpool::Spans{{0, 0, 3}}, std::array{1})),
                    ct::has_substring("has 2 tokens"));
}

TEST_CASE("a selection of a selection says all that the other says", "[skip_prefix]") {
  const auto x = test::small_states({{1, 2, 3}, {4, 5, 6}});
  // A user's own, which is not asked before it has seen the hidden states.
  const Reversed reversed{{3, 3}};
  test::check_rows(seqpool::sum_pool(x, reversed), {9, 3});
  test::check_rows(seqpool::sum_pool(x, skip_prefix(reversed, std::array{1, 0})), {5, 3});
  CHECK_THROWS_WITH(seqpool::sum_pool(x, skip_prefix(reversed, std::array{1, 0, 1})), ct::has_substring("[3]"));
  // And one in another.
  const auto once = skip_prefix(AllTokens{}, std::array{1, 0});
  test::check_rows(seqpool::sum_pool(x, skip_prefix(once, std::array{1, 1})), {3, 11});
  CHECK_THROWS_WITH(seqpool::sum_pool(x, skip_prefix(once, std::vector<int>(100, 1))), ct::has_substring("[100]"));
  CHECK_THROWS_WITH(seqpool::sum_pool(x, skip_prefix(skip_prefix(AllTokens{}, std::array{1}), std::array{1, 1})),
                    ct::has_substring("[1]"));
  const seqpool::Spans spans{{1, 0, 3}, {0, 1, 3}, {1, 1, 2}};
  test::check_rows(seqpool::sum_pool(x, skip_prefix(skip_prefix(spans, std::array{1, 1, 0}), std::array{1, 0, 1})),
                   {6, 3, 0});
  const auto mask = test::small_mask({{1, 1, 0}, {1, 1, 1}});
  STATIC_REQUIRE(requires { skip_prefix(skip_prefix(mask, std::array{1, 1}), std::array{1, 1}).batch(); });
  CHECK(skip_prefix(skip_prefix(mask, std::array{1, 1}), std::array{1, 1}).batch() == 2);
}
