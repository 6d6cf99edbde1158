// SPDX-License-Identifier: MIT
#include <seqpool/pooling/concat.hpp>

#include <array>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/rows.hpp"
#include "support/small.hpp"

using seqpool::Concat;
using seqpool::Index;
using seqpool::Reads;

TEST_CASE("concat is its poolings side by side, with the bits of each", "[concat]") {
  for (const Index n : {1, 7, 8, 300, 700})
    for (const Index hidden : {5, 37, 64}) {
      const auto states = test::tokens<float>(3 * n, hidden, 9);
      const seqpool::HiddenStates<float> x(states.data(), {3, n, hidden});
      const seqpool::Attention attention(test::tokens<float>(1, hidden, 8));
      const auto all = test::rows_of(
          seqpool::pool(Concat{seqpool::Cls{}, seqpool::Mean{}, attention, seqpool::Last{}, seqpool::Max{}}, x));
      const std::vector parts{test::rows_of(seqpool::cls_pool(x)), test::rows_of(seqpool::mean_pool(x)),
                              test::rows_of(seqpool::pool(attention, x)), test::rows_of(seqpool::last_pool(x)),
                              test::rows_of(seqpool::max_pool(x))};
      for (std::size_t b = 0; b < 3; ++b) {
        std::vector<float> expected;
        for (const auto& part : parts) expected.insert(expected.end(), part[b].begin(), part[b].end());
        CHECK(test::same_bits(all[b], expected));
      }
    }
}

TEST_CASE("poolings that concat folds in one pass keep their bits, NaN and infinity too", "[concat]") {
  static_assert(seqpool::FeatureWise<seqpool::Mean, float> && seqpool::FeatureWise<seqpool::Max, Eigen::half>);
  static_assert(!seqpool::FeatureWise<seqpool::Cls, float> && !seqpool::FeatureWise<seqpool::MeanMax, float>);
  const auto check = [](const auto& x, const auto& mask) {
    const auto all = test::rows_of(seqpool::pool(
        Concat{seqpool::AbsMean{}, seqpool::Cls{}, seqpool::Min{}, seqpool::RootMeanSquare{}, seqpool::Max{},
               seqpool::MeanSqrtLen{}, seqpool::AbsMax{}, seqpool::Sum{}, seqpool::Mean{}},
        x, mask));
    const std::vector parts{
        test::rows_of(seqpool::abs_mean_pool(x, mask)), test::rows_of(seqpool::cls_pool(x, mask)),
        test::rows_of(seqpool::min_pool(x, mask)),      test::rows_of(seqpool::rms_pool(x, mask)),
        test::rows_of(seqpool::max_pool(x, mask)),      test::rows_of(seqpool::mean_sqrt_len_pool(x, mask)),
        test::rows_of(seqpool::abs_max_pool(x, mask)),  test::rows_of(seqpool::sum_pool(x, mask)),
        test::rows_of(seqpool::mean_pool(x, mask))};
    for (std::size_t b = 0; b < 4; ++b) {
      std::vector<float> expected;
      for (const auto& part : parts) expected.insert(expected.end(), part[b].begin(), part[b].end());
      CHECK(test::same_bits(all[b], expected));
    }
  };
  constexpr Index n = 300, hidden = 37;
  const seqpool::Lengths lengths(std::array{300, 0, 9, 1});
  auto floats = test::tokens<float>(4 * n, hidden, 9);
  floats[3] = std::numeric_limits<float>::quiet_NaN();
  floats[2 * n * hidden + 5] = -std::numeric_limits<float>::infinity();
  check(seqpool::HiddenStates<float>(floats.data(), {4, n, hidden}), lengths);
  const auto halves = test::tokens<Eigen::half>(4 * n, hidden, 9);
  check(seqpool::HiddenStates<Eigen::half>(halves.data(), {4, n, hidden}), lengths);
}

TEST_CASE("concat reads what its poolings read together, and nests", "[concat]") {
  CHECK(Concat{seqpool::Cls{}}.reads() == Reads::first_token);
  CHECK(Concat{seqpool::Cls{}, seqpool::Last{}}.reads() == Reads::first_and_last);
  CHECK(Concat{seqpool::Cls{}, seqpool::Max{}}.reads() == Reads::every_token);
  const auto x = test::small_states({{1, 5, 3, 9}, {4, 4, 8, 2}});
  const auto ends =
      seqpool::pool(Concat{seqpool::Cls{}, seqpool::Last{}}, x, test::small_mask({{0, 1, 1, 0}, {0, 0, 0, 0}}));
  CHECK(ends(0, 0) == 5);
  CHECK(ends(0, 3) == 3);
  CHECK(ends(1, 0) == 0);
  CHECK(ends(1, 3) == 0);
  const auto nested = seqpool::pool(Concat{Concat{seqpool::Min{}, seqpool::Max{}}, seqpool::Sum{}}, x);
  CHECK(nested.dimension(1) == 6);
  CHECK(nested(0, 0) == 1);
  CHECK(nested(0, 2) == 9);
  CHECK(nested(0, 5) == 18);
}

TEST_CASE("concat asks its poolings whether they fit", "[concat]") {
  const auto x = test::small_states({{1, 5, 3}});
  Eigen::Tensor<float, 2> weights(1, 3);
  weights.setConstant(1);
  const auto result = seqpool::pool(Concat{seqpool::TokenWeightedMean{weights}, seqpool::Max{}}, x);
  CHECK(result(0, 0) == 3);
  CHECK(result(0, 2) == 5);
  Eigen::Tensor<float, 2> wrong(1, 4);
  CHECK_THROWS_WITH((seqpool::pool(Concat{seqpool::Mean{}, seqpool::TokenWeightedMean{wrong}}, x)),
                    ct::has_substring("weights are [1, 4]"));
  CHECK_THROWS_WITH((seqpool::pool(Concat{seqpool::Mean{}, seqpool::Attention{std::vector<float>(3)}}, x)),
                    ct::has_substring("query is [3]"));
}

TEST_CASE("a width that no memory can hold is refused, also where there are no rows", "[concat]") {
  constexpr Index most = std::numeric_limits<Index>::max();
  const auto wide = [](Index hidden) { return seqpool::HiddenStates<float>(nullptr, {0, 3, hidden}); };
  const auto refused = [](const auto& pooling, const auto& x) {
    CHECK_THROWS_WITH(seqpool::pool(pooling, x), ct::has_substring("more than memory can hold"));
  };
  const seqpool::Concat two{seqpool::Mean{}, seqpool::Max{}};
  using Any = seqpool::AnyPooling<float>;
  const Any list(std::vector<Any>{seqpool::Mean{}, seqpool::Max{}});
  CHECK(seqpool::pool(two, wide(most / 2)).dimension(1) == most - 1);
  CHECK(seqpool::pool(list, wide(most / 2)).dimension(1) == most - 1);
  refused(two, wide(most / 2 + 1));
  refused(list, wide(most / 2 + 1));
  refused(two, wide(most));
  refused(list, wide(most));
  const std::vector<seqpool::HiddenStates<float>> layers(3, wide(most / 3 + 1));
  refused(seqpool::Mean{}, seqpool::concat_layers(layers));
  const std::vector<seqpool::HiddenStates<float>> fewer(3, wide(most / 3));
  CHECK(seqpool::mean_pool(seqpool::concat_layers(fewer)).dimension(1) == most / 3 * 3);
}
