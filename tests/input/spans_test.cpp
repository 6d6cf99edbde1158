// SPDX-License-Identifier: MIT
#include <seqpool/input/spans.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/small.hpp"

using seqpool::Index;
using seqpool::Span;
using seqpool::Spans;

TEST_CASE("each span is a row: overlapping, empty, in any order, more or fewer than sequences", "[spans]") {
  const auto x = test::small_states({{1, 2, 3, 4}, {10, 20, 30, 40}});
  test::check_rows(seqpool::sum_pool(x, Spans{{1, 0, 4}, {0, 1, 3}, {0, 2, 4}, {0, 2, 2}, {1, 3, 4}}),
                   {100, 5, 7, 0, 40});
  test::check_rows(seqpool::cls_pool(x, Spans{{0, 3, 4}}), {4});
  const std::vector<Span> vector{{0, 0, 1}};
  const std::list<Span> list{{1, 1, 3}};
  test::check_rows(seqpool::sum_pool(x, Spans(vector)), {1});
  test::check_rows(seqpool::sum_pool(x, Spans(list)), {50});
  CHECK(seqpool::sum_pool(x, Spans{}).dimension(0) == 0);
  Eigen::Tensor<float, 2> out(2, 2);
  seqpool::pool_into(out, seqpool::Sum{}, x, Spans{{0, 0, 4}, {0, 0, 1}});
  test::check_rows(out, {10, 1});
  CHECK_THROWS_WITH(seqpool::pool_into(out, seqpool::Sum{}, x, Spans{{0, 0, 4}}), ct::has_substring("out is [2, 2]"));
}

TEST_CASE("a run of a span never leads outside what is asked for", "[spans]") {
  const Spans spans{{0, 2, 7}};
  const auto run = [&](Index begin, Index end) {
    const seqpool::Run r = spans.next_run(0, {begin, end});
    return std::pair(r.begin, r.end);
  };
  CHECK(run(0, 5) == std::pair<Index, Index>(2, 5));
  CHECK(run(4, 9) == std::pair<Index, Index>(4, 7));
  CHECK(run(8, 9) == std::pair<Index, Index>(8, 8));
}

namespace {

using Windows = std::vector<std::vector<Index>>;

Windows windows(Index tokens, Index size, Index step) {
  Windows result;
  for (const Span& span : seqpool::windows(tokens, size, step)) {
    CHECK(span.sequence == 0);
    result.push_back({span.begin, span.end});
  }
  return result;
}

}  // namespace

TEST_CASE("the last window is the first that reaches the end, and ends there", "[spans]") {
  CHECK(windows(0, 4, 2).empty());
  CHECK(windows(1, 4, 2) == Windows{{0, 1}});
  CHECK(windows(4, 4, 2) == Windows{{0, 4}});
  CHECK(windows(5, 4, 2) == Windows{{0, 4}, {2, 5}});
  CHECK(windows(6, 4, 2) == Windows{{0, 4}, {2, 6}});
  CHECK(windows(7, 4, 2) == Windows{{0, 4}, {2, 6}, {4, 7}});
  CHECK(windows(8, 4, 4) == Windows{{0, 4}, {4, 8}});
  CHECK(windows(9, 4, 4) == Windows{{0, 4}, {4, 8}, {8, 9}});
  CHECK(windows(3, 1, 1) == Windows{{0, 1}, {1, 2}, {2, 3}});
  CHECK(windows(700, 256, 128) == Windows{{0, 256}, {128, 384}, {256, 512}, {384, 640}, {512, 700}});
  constexpr Index most = (std::numeric_limits<Index>::max)();
  CHECK(windows(most, most, most) == Windows{{0, most}});
  CHECK(windows(most, most - 1, most - 1) == Windows{{0, most - 1}, {most - 1, most}});
}

TEST_CASE("windows are spans of the sequence that is named, in sizes of any integer type", "[spans]") {
  const auto x = test::small_states({{1, 2, 3, 4}, {10, 20, 30, 40}});
  const std::size_t tokens = 4;
  test::check_rows(seqpool::sum_pool(x, Spans(seqpool::windows(tokens, 3, 1))), {6, 9});
  test::check_rows(seqpool::sum_pool(x, Spans(seqpool::windows(tokens, 3u, 2, 1))), {60, 70});
}

TEST_CASE("windows that would leave tokens out, or cannot be, are refused", "[spans]") {
  CHECK_THROWS_AS(seqpool::windows(10, 4, 5), std::invalid_argument);
  CHECK_THROWS_WITH(
      seqpool::windows(10, 4, 5),
      "seqpool: windows of 4 tokens, one every 5, over a sequence of 10: it must be 1 <= step <= size, so "
      "that no token is left out, and 0 <= tokens");
  CHECK_THROWS_WITH(seqpool::windows(10, 4, 0), ct::has_substring("windows of 4 tokens, one every 0, over"));
  CHECK_THROWS_WITH(seqpool::windows(10, 4, -1), ct::has_substring("one every -1"));
  CHECK_THROWS_WITH(seqpool::windows(10, 0, 1), ct::has_substring("windows of 0 tokens"));
  CHECK_THROWS_WITH(seqpool::windows(10, 0, 0), ct::has_substring("windows of 0 tokens"));
  CHECK_THROWS_WITH(seqpool::windows(0, 4, 5), ct::has_substring("one every 5"));
  CHECK_THROWS_WITH(seqpool::windows(-1, 4, 2), ct::has_substring("over a sequence of -1"));
  CHECK_THROWS_WITH(seqpool::windows(std::uint64_t{1} << 63, 4, 2), ct::has_substring("beyond what memory can hold"));
  CHECK_NOTHROW(seqpool::windows(10, 4, 4));
}

TEST_CASE("a span outside its sequence is refused by name", "[spans]") {
  const auto x = test::small_states({{1, 2, 3, 4}, {10, 20, 30, 40}});
  const auto refused = [&](const Span& span, const char* why) {
    CHECK_THROWS_WITH(seqpool::sum_pool(x, Spans{{0, 0, 4}, span}),
                      ct::has_substring("span 1") && ct::has_substring(why));
  };
  refused({2, 0, 1}, "batch 2");
  refused({-1, 0, 1}, "batch 2");
  refused({1, 0, 5}, "4 tokens");
  refused({1, -1, 2}, "0 <= begin <= end");
  refused({1, 3, 2}, "0 <= begin <= end");
  CHECK_THROWS_WITH((Spans{{5, 0, 1}}.check(2, 4)), ct::has_substring("span 0"));
  CHECK_NOTHROW((Spans{{1, 0, 4}, {1, 4, 4}}.check(2, 4)));
  // Of packed sequences each its own length.
  const std::vector<float> data(5);
  const seqpool::PackedStates<float> packed(data.data(), {5, 1}, std::array{0, 2, 5});
  CHECK_NOTHROW(seqpool::sum_pool(packed, Spans{{0, 0, 2}, {1, 0, 3}}));
  CHECK_THROWS_WITH(seqpool::sum_pool(packed, Spans{{1, 0, 3}, {0, 0, 3}}),
                    ct::has_substring("span 1") && ct::has_substring("2 tokens"));
}
