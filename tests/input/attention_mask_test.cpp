// SPDX-License-Identifier: MIT
#include <seqpool/input/attention_mask.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/other_locale.hpp"
#include "support/runs.hpp"
#include "support/scalars.hpp"

using seqpool::AttentionMask;
using seqpool::Index;
using test::Runs;
using test::runs;

namespace {

template <class M, int Layout> Eigen::Tensor<M, 2, Layout> mask_of(const std::vector<std::vector<int>>& rows) {
  Eigen::Tensor<M, 2, Layout> mask(static_cast<Index>(rows.size()), static_cast<Index>(rows[0].size()));
  for (std::size_t b = 0; b < rows.size(); ++b)
    for (std::size_t s = 0; s < rows[b].size(); ++s)
      mask(static_cast<Index>(b), static_cast<Index>(s)) = static_cast<M>(rows[b][s]);
  return mask;
}

}  // namespace

TEMPLATE_TEST_CASE("Guarantee 8: a mask may be of any arithmetic scalar, in either layout", "[guarantees][selection]",
                   bool, char, std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t,
                   std::int64_t, std::uint64_t, float, double, Eigen::half, Eigen::bfloat16) {
  const std::vector<std::vector<int>> rows{{0, 1, 1, 0, 1}, {0, 0, 0, 0, 0}, {1, 1, 1, 1, 1}, {1, 0, 1, 0, 0}};
  const auto row_major = mask_of<TestType, Eigen::RowMajor>(rows);
  const auto column_major = mask_of<TestType, Eigen::ColMajor>(rows);
  const auto check = [](const auto& selection) {
    CHECK_NOTHROW(selection.check(4, 5));
    CHECK(runs(selection, 0, 5) == Runs{{1, 3}, {4, 5}});
    CHECK(runs(selection, 1, 5).empty());
    CHECK(runs(selection, 2, 5) == Runs{{0, 5}});
    CHECK(runs(selection, 3, 5) == Runs{{0, 1}, {2, 3}});
  };
  check(AttentionMask(row_major));
  check(AttentionMask(column_major));
}

TEMPLATE_TEST_CASE("Guarantee 8: a value other than 0 and 1 is named with its position", "[guarantees][selection]",
                   std::int8_t, std::uint8_t, std::int64_t, float, double, Eigen::half) {
  auto mask = mask_of<TestType, Eigen::RowMajor>({{1, 1, 0}, {1, 1, 1}});
  mask(1, 2) = static_cast<TestType>(2);
  const auto selection = AttentionMask(mask);
  CHECK_THROWS_AS(selection.check(2, 3), std::invalid_argument);
  CHECK_THROWS_WITH(selection.check(2, 3),
                    ct::has_substring("mask value 2 at [1, 2]") && !ct::has_substring("additive"));
}

TEMPLATE_TEST_CASE("Guarantee 8: an additive mask is recognised, and a NaN refused", "[guarantees][selection]",
                   SEQPOOL_TEST_SCALARS) {
  auto mask = mask_of<TestType, Eigen::ColMajor>({{0, 0, 0}, {0, 0, 0}});
  mask(0, 1) = static_cast<TestType>(-INFINITY);
  CHECK_THROWS_WITH(AttentionMask(mask).check(2, 3),
                    ct::has_substring("mask value -inf at [0, 1]") && ct::has_substring("additive mask"));
  mask(0, 1) = static_cast<TestType>(NAN);
  CHECK_THROWS_WITH(AttentionMask(mask).check(2, 3), ct::has_substring("nan at [0, 1]"));
}

TEST_CASE("a mask of another shape is refused with both shapes", "[selection]") {
  const auto mask = mask_of<bool, Eigen::RowMajor>({{1, 1, 0}, {1, 1, 1}});
  CHECK_THROWS_AS(AttentionMask(mask).check(2, 4), std::invalid_argument);
  CHECK_THROWS_WITH(AttentionMask(mask).check(2, 4),
                    ct::has_substring("mask is [2, 3]") && ct::has_substring("[batch, seq] = [2, 4]"));
  CHECK_THROWS_AS(AttentionMask(mask).check(3, 2), std::invalid_argument);
}

TEST_CASE("a mask with rows or columns too few or too many is refused", "[attention_mask]") {
  const std::vector<int> ones(100, 1);
  const AttentionMask mask(ones.data(), {3, 4});
  CHECK_NOTHROW(mask.check(3, 4));
  for (const auto& [batch, seq] : {std::array<Index, 2>{2, 4}, {4, 4}, {3, 3}, {3, 5}})
    CHECK_THROWS_WITH(mask.check(batch, seq), ct::has_substring("mask is [3, 4]"));
}

TEST_CASE("sizes and strides of a mask are of any integer type, written down or in a range", "[attention_mask]") {
  const std::vector<int> values{1, 0, 9, 1, 1, 9};
  const std::size_t batch = 2;
  const auto check = [](const auto& mask) {
    CHECK_NOTHROW(mask.check(2, 2));
    CHECK(runs(mask, 0, 2) == Runs{{0, 1}});
    CHECK(runs(mask, 1, 2) == Runs{{0, 2}});
  };
  check(AttentionMask(values.data(), {batch, 2}, {3u, std::int64_t{1}}));
  check(AttentionMask<int>(values.data(), std::vector<std::int64_t>{2, 2}, std::array<std::size_t, 2>{3, 1}));
  CHECK_THROWS_WITH(AttentionMask(values.data(), {batch, std::uint64_t{1} << 63}),
                    "seqpool: a size or stride of 9223372036854775808 is beyond what memory can hold");
  CHECK_THROWS_WITH(AttentionMask(values.data(), std::vector<int>{1, 1, 6}),
                    "seqpool: a range of 3 sizes or strides was given, but there are 2 dimensions");
}

TEST_CASE("every value of a mask is looked at, the first as well as the last", "[attention_mask]") {
  for (std::size_t i = 0; i < 12; ++i) {
    std::vector<int> values(12, 1);
    values[i] = 3;
    const AttentionMask mask(values.data(), {3, 4});
    CHECK_THROWS_WITH(mask.check(3, 4), ct::has_substring("mask value 3 at [" + std::to_string(i / 4) + ", " +
                                                          std::to_string(i % 4) + "]"));
  }
}

TEST_CASE("a mask from a C API is viewed with its strides", "[attention_mask]") {
  // The first three columns of [2, 5]; seen as dense it would be another mask.
  const std::vector<std::int64_t> wide{0, 1, 1, 9, 9, 1, 1, 0, 9, 9};
  const AttentionMask narrowed(wide.data(), {2, 3}, {5, 1});
  CHECK_NOTHROW(narrowed.check(2, 3));
  CHECK(runs(narrowed, 0, 3) == Runs{{1, 3}});
  CHECK(runs(narrowed, 1, 3) == Runs{{0, 2}});
  const std::vector<float> x{1, 5, 6, 2, 4, 9};
  const seqpool::HiddenStates<float> states(x.data(), {2, 3, 1});
  CHECK(seqpool::mean_pool(states, narrowed)(0, 0) == 5.5f);
  CHECK(seqpool::mean_pool(states, narrowed)(1, 0) == 3);
  const std::vector<bool> bits;  // has no pointer to bool; an array has
  const bool plain[] = {true, false, true, true};
  CHECK(runs(AttentionMask(plain, {2, 2}, {1, 2}), 0, 2) == Runs{{0, 2}});  // column-major
  CHECK(runs(AttentionMask(plain, {2, 2}), 0, 2) == Runs{{0, 1}});
}

TEST_CASE("a mask refuses negative sizes, a null pointer, and more than memory holds", "[attention_mask]") {
  const int one = 1;
  constexpr Index huge = (std::numeric_limits<Index>::max)() / 2;
  CHECK_THROWS_WITH((AttentionMask<int>(&one, {-1, 0})), ct::has_substring("[-1, 0]"));
  CHECK_THROWS_WITH((AttentionMask<int>(&one, {0, -1})), ct::has_substring("[0, -1]"));
  CHECK_THROWS_WITH((AttentionMask<int>(nullptr, {2, 3})), ct::has_substring("null pointer"));
  CHECK_THROWS_WITH((AttentionMask<int>(&one, {huge, 3})), ct::has_substring("memory"));
  CHECK_THROWS_WITH((AttentionMask<int>(&one, {3, 3}, {huge, 1})), ct::has_substring("memory"));
  CHECK_NOTHROW(AttentionMask<int>(nullptr, {2, 0}));
  const Eigen::TensorMap<const Eigen::Tensor<int, 2>> null(nullptr, 1, 2);
  const std::vector<float> x{1, 2};
  CHECK_THROWS_WITH((seqpool::mean_pool(seqpool::HiddenStates<float>(x.data(), {1, 2, 1}), null)),
                    ct::has_substring("mask [1, 2] has a null pointer"));
}

TEST_CASE("a run of a mask never leads outside what is asked for", "[attention_mask]") {
  const std::vector<int> ones(6, 1);
  const AttentionMask mask(ones.data(), {1, 6});
  const auto run = [&](Index begin, Index end) {
    const seqpool::Run r = mask.next_run(0, {begin, end});
    return std::pair(r.begin, r.end);
  };
  CHECK(run(0, 4) == std::pair<Index, Index>(0, 4));
  CHECK(run(2, 6) == std::pair<Index, Index>(2, 6));
  CHECK(run(2, 99) == std::pair<Index, Index>(2, 6));  // and not beyond the mask
}

TEMPLATE_TEST_CASE("long masks are looked at value by value too", "[attention_mask]", bool, std::uint8_t, std::int64_t,
                   float, Eigen::half) {
  constexpr Index seq = 200;  // more than are looked at in one go, twice, and a rest
  for (const Index stride : {1, 2}) {
    std::array<TestType, 2 * 2 * seq> values;
    values.fill(static_cast<TestType>(1));  // behind the mask too
    const AttentionMask mask(values.data(), {2, seq}, {seq * stride, stride});
    const auto value = [&](Index s) -> TestType& { return values[static_cast<std::size_t>((seq + s) * stride)]; };
    const std::vector<Index> edges{0, 1, 31, 32, 33, 63, 64, 65, 95, 96, 97, 105, 135, 136, 159, 160, 161, 199, 200};
    for (const Index begin : edges)
      for (const Index end : edges) {
        for (Index s = 0; s < seq; ++s) value(s) = static_cast<TestType>(begin <= s && s < end ? 1 : 0);
        CHECK(runs(mask, 1, seq) == (begin < end ? Runs{{begin, end}} : Runs{}));
      }
    if constexpr (!std::is_same_v<TestType, bool>)
      for (Index s = 0; s < seq; ++s) {
        value(s) = static_cast<TestType>(2);
        CHECK_THROWS_WITH(mask.check(2, seq), ct::has_substring("mask value 2 at [1, " + std::to_string(s) + "]"));
        value(s) = static_cast<TestType>(1);
      }
  }
}

TEST_CASE("a refused value and its place are written alike in every locale", "[attention_mask]") {
  const test::OtherLocale locale;
  std::vector<float> values(2000, 1.0f);
  values[1500] = 1234.5f;
  CHECK_THROWS_WITH(seqpool::AttentionMask<float>(values.data(), {1, 2000}).check(1, 2000),
                    ct::has_substring("mask value 1234.5 at [0, 1500]"));
}
