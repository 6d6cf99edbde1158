// SPDX-License-Identifier: MIT
#include <seqpool/input/selection.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using seqpool::AllTokens;
using seqpool::Index;
using seqpool::Lengths;
using seqpool::Run;

namespace {

template <class S>
std::vector<std::pair<Index, Index>> runs(const S& selection, Index row) {
  std::vector<std::pair<Index, Index>> result;
  for (Run run = selection.next_run(row, 0); run.begin < run.end; run = selection.next_run(row, run.end))
    result.emplace_back(run.begin, run.end);
  return result;
}

using Runs = std::vector<std::pair<Index, Index>>;

template <class M, int Layout>
Eigen::Tensor<M, 2, Layout> mask_of(const std::vector<std::vector<int>>& rows) {
  Eigen::Tensor<M, 2, Layout> mask(static_cast<Index>(rows.size()), static_cast<Index>(rows[0].size()));
  for (std::size_t b = 0; b < rows.size(); ++b)
    for (std::size_t s = 0; s < rows[b].size(); ++s)
      mask(static_cast<Index>(b), static_cast<Index>(s)) = static_cast<M>(rows[b][s]);
  return mask;
}

}  // namespace

TEST_CASE("no mask is one run of everything", "[selection]") {
  CHECK(runs(AllTokens(5), 3) == Runs{{0, 5}});
  CHECK(runs(AllTokens(0), 0).empty());
}

TEST_CASE("lengths are one run from the start", "[selection]") {
  const Lengths lengths(std::array{3, 0, 5});
  CHECK(runs(lengths, 0) == Runs{{0, 3}});
  CHECK(runs(lengths, 1).empty());
  CHECK(runs(lengths, 2) == Runs{{0, 5}});
}

TEST_CASE("lengths come from any contiguous range of integers", "[selection]") {
  const std::vector<std::int32_t> vector{2, 1};
  const std::array<std::uint64_t, 2> array{2, 1};
  const std::int8_t plain[] = {2, 1};
  for (const Lengths& lengths : {Lengths(vector), Lengths(array), Lengths(std::span(vector)), Lengths(plain),
                                 Lengths(std::vector<long>{2, 1})}) {
    CHECK(runs(lengths, 0) == Runs{{0, 2}});
    CHECK(runs(lengths, 1) == Runs{{0, 1}});
  }
}

TEST_CASE("a length under 0 or over seq is refused by row", "[selection]") {
  CHECK_THROWS_AS(Lengths(std::array{1, -2}), std::invalid_argument);
  CHECK_THROWS_WITH(Lengths(std::array{1, 1, -2}), ct::has_substring("row 2 has length -2"));
  CHECK_THROWS_WITH(Lengths(std::array{std::numeric_limits<std::uint64_t>::max()}), ct::has_substring("row 0"));
  CHECK_THROWS_AS(Lengths(std::array{4, 6}).check(2, 5), std::invalid_argument);
  CHECK_THROWS_WITH(Lengths(std::array{4, 6}).check(2, 5),
                    ct::has_substring("row 1 has length 6") && ct::has_substring("seq 5"));
  CHECK_THROWS_WITH(Lengths(std::array{4, 5}).check(3, 5), ct::has_substring("[2]") && ct::has_substring("batch 3"));
  CHECK_NOTHROW(Lengths(std::array{0, 5}).check(2, 5));
}

TEMPLATE_TEST_CASE("Guarantee 8: a mask may be of any arithmetic scalar, in either layout", "[guarantees][selection]",
                   bool, char, std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t,
                   std::int64_t, std::uint64_t, float, double, Eigen::half, Eigen::bfloat16) {
  const std::vector<std::vector<int>> rows{{0, 1, 1, 0, 1}, {0, 0, 0, 0, 0}, {1, 1, 1, 1, 1}, {1, 0, 1, 0, 0}};
  const auto row_major = mask_of<TestType, Eigen::RowMajor>(rows);
  const auto column_major = mask_of<TestType, Eigen::ColMajor>(rows);
  const auto check = [](const auto& selection) {
    CHECK_NOTHROW(selection.check(4, 5));
    CHECK(runs(selection, 0) == Runs{{1, 3}, {4, 5}});
    CHECK(runs(selection, 1).empty());
    CHECK(runs(selection, 2) == Runs{{0, 5}});
    CHECK(runs(selection, 3) == Runs{{0, 1}, {2, 3}});
  };
  check(seqpool::detail::select(5, row_major));
  check(seqpool::detail::select(5, column_major));
}

TEMPLATE_TEST_CASE("Guarantee 8: a value other than 0 and 1 is named with its position", "[guarantees][selection]",
                   std::int8_t, std::uint8_t, std::int64_t, float, double, Eigen::half) {
  auto mask = mask_of<TestType, Eigen::RowMajor>({{1, 1, 0}, {1, 1, 1}});
  mask(1, 2) = static_cast<TestType>(2);
  const auto selection = seqpool::detail::select(3, mask);
  CHECK_THROWS_AS(selection.check(2, 3), std::invalid_argument);
  CHECK_THROWS_WITH(selection.check(2, 3),
                    ct::has_substring("mask value 2 at [1, 2]") && !ct::has_substring("additive"));
}

TEMPLATE_TEST_CASE("Guarantee 8: an additive mask is recognised, and a NaN refused", "[guarantees][selection]", float,
                   double, Eigen::half, Eigen::bfloat16) {
  auto mask = mask_of<TestType, Eigen::ColMajor>({{0, 0, 0}, {0, 0, 0}});
  mask(0, 1) = static_cast<TestType>(-INFINITY);
  CHECK_THROWS_WITH(seqpool::detail::select(3, mask).check(2, 3),
                    ct::has_substring("mask value -inf at [0, 1]") && ct::has_substring("additive mask"));
  mask(0, 1) = static_cast<TestType>(NAN);
  CHECK_THROWS_WITH(seqpool::detail::select(3, mask).check(2, 3), ct::has_substring("nan at [0, 1]"));
}

TEST_CASE("a mask of another shape is refused with both shapes", "[selection]") {
  const auto mask = mask_of<bool, Eigen::RowMajor>({{1, 1, 0}, {1, 1, 1}});
  CHECK_THROWS_AS(seqpool::detail::select(4, mask).check(2, 4), std::invalid_argument);
  CHECK_THROWS_WITH(seqpool::detail::select(4, mask).check(2, 4),
                    ct::has_substring("mask is [2, 3]") && ct::has_substring("[batch, seq] = [2, 4]"));
  CHECK_THROWS_AS(seqpool::detail::select(3, mask).check(3, 2), std::invalid_argument);
}
