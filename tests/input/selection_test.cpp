// SPDX-License-Identifier: MIT
#include <seqpool/input/selection.hpp>

#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "support/runs.hpp"

using seqpool::AllTokens;
using seqpool::Index;
using seqpool::Run;
using test::Runs;
using test::runs;

TEST_CASE("no mask is one run of everything", "[selection]") {
  CHECK(runs(AllTokens{}, 3, 5) == Runs{{0, 5}});
  CHECK(runs(AllTokens{}, 0, 0).empty());
  STATIC_REQUIRE(seqpool::Selection<AllTokens>);
  STATIC_REQUIRE(seqpool::Selection<seqpool::Lengths>);
  STATIC_REQUIRE(seqpool::Selection<seqpool::AttentionMask<bool>>);
  STATIC_REQUIRE(seqpool::Selection<seqpool::Spans>);
  STATIC_REQUIRE(!seqpool::Selection<std::vector<int>>);
}

TEST_CASE("all_tokens stands where a mask may stand", "[selection]") {
  const std::vector<float> data{1, 2, 3, 4, 5, 6};
  const seqpool::HiddenStates<float> x(data.data(), {2, 3, 1});
  CHECK(runs(seqpool::all_tokens, 1, 5) == Runs{{0, 5}});
  CHECK(seqpool::sum_pool(x, seqpool::all_tokens)(1, 0) == 15);
  CHECK(seqpool::pool(seqpool::Sum{}, x, seqpool::all_tokens, seqpool::CallingThread{})(0, 0) == 6);
  CHECK(seqpool::sum_pool(x, seqpool::skip_prefix(seqpool::all_tokens, std::vector<int>{1, 2}))(1, 0) == 6);
}

namespace {

// Says that it has more than there is.
struct Greedy {
  Run run;
  void check(Index, Index) const {}
  Run next_run(Index, Run within) const { return within.begin < within.end ? run : Run{within.end, within.end}; }
};

}  // namespace

TEST_CASE("a run that a selection gives beyond its row is cut to it", "[selection]") {
  const std::vector<float> data{1, 2, 3, 4, 5, 6, 7, 8, 9};
  const seqpool::HiddenStates<float> middle(data.data() + 3, {1, 3, 1});
  CHECK(seqpool::sum_pool(middle, Greedy{{-3, 99}})(0, 0) == 4 + 5 + 6);
  CHECK(seqpool::sum_pool(middle, Greedy{{1, 4}})(0, 0) == 5 + 6);
  CHECK(seqpool::sum_pool(middle, Greedy{{3, 9}})(0, 0) == 0);
  CHECK(seqpool::sum_pool(middle, Greedy{{2, 1}})(0, 0) == 0);
  CHECK(seqpool::last_pool(middle, Greedy{{-3, 99}})(0, 0) == 6);
  CHECK(seqpool::last_pool(middle, Greedy{{2, 1}})(0, 0) == 0);
}

namespace {

// Takes its rows from wherever it says.
struct From {
  std::vector<Index> sequences;
  void check(Index, Index) const {}
  Run next_run(Index, Run within) const { return within; }
  Index rows(Index) const { return static_cast<Index>(sequences.size()); }
  Index sequence(Index row) const { return sequences[static_cast<std::size_t>(row)]; }
};

struct Rows : AllTokens {
  Index count;
  Index rows(Index) const { return count; }
};

}  // namespace

TEST_CASE("a selection takes rows from sequences that are there, or is refused", "[selection]") {
  const std::vector<float> data{1, 2, 3, 4, 5, 6};
  const seqpool::HiddenStates<float> x(data.data() + 2, {2, 1, 1});
  const auto sums = seqpool::sum_pool(x, From{{1, 0, 1}});
  CHECK(sums(0, 0) == 4);
  CHECK(sums(1, 0) == 3);
  CHECK(sums(2, 0) == 4);
  CHECK_THROWS_WITH(seqpool::sum_pool(x, From{{0, 2}}),
                    ct::has_substring("row 1 from sequence 2") && ct::has_substring("batch 2"));
  CHECK_THROWS_WITH(seqpool::max_pool(x, From{{-1}}), ct::has_substring("row 0 from sequence -1"));
  CHECK(seqpool::sum_pool(x, Rows{{}, 1}).dimension(0) == 1);
  CHECK(seqpool::sum_pool(x, Rows{{}, 2}).dimension(0) == 2);
  CHECK_THROWS_WITH(seqpool::sum_pool(x, Rows{{}, 3}), ct::has_substring("has 3 rows") &&
                                                           ct::has_substring("batch 2") &&
                                                           ct::has_substring("sequence(row)"));
  CHECK_THROWS_WITH(seqpool::sum_pool(x, Rows{{}, -1}), ct::has_substring("has -1 rows"));
}
