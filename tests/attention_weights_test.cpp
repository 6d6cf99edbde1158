// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/attention_weights.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/rows.hpp"
#include "support/scalars.hpp"
#include "support/small.hpp"

using seqpool::attention_weights;
using seqpool::Index;

namespace {

// A row's weights of its n tokens without padding, head by head, [heads][n].
template <class P, class T> auto weights_alone(const P& pooling, const std::vector<T>& row, Index hidden) {
  const Index n = static_cast<Index>(row.size()) / hidden;
  const auto weights = attention_weights(pooling, seqpool::HiddenStates<T>(row.data(), {1, n, hidden}));
  std::vector<std::vector<seqpool::accumulator_t<T>>> heads;
  for (Index k = 0; k < weights.dimension(1); ++k) {
    heads.emplace_back();
    for (Index s = 0; s < n; ++s) heads.back().push_back(weights(0, k, s));
  }
  return heads;
}

}  // namespace

TEST_CASE("attention weights are the softmax of the scores, 0 in padding and in empty rows", "[attention_weights]") {
  const auto x = test::small_states({{0, 1, 3, 1000}, {2, 2, 2, NAN}, {NAN, NAN, NAN, NAN}});
  const std::vector<float> query{0.5f, 0.5f};
  const auto mask = test::small_mask({{1, 1, 1, 0}, {1, 1, 1, 0}, {0, 0, 0, 0}});
  const auto weights = attention_weights(seqpool::Attention{query}, x, mask);
  STATIC_REQUIRE(std::same_as<decltype(weights), const Eigen::Tensor<float, 2, Eigen::RowMajor>>);
  REQUIRE(weights.dimension(0) == 3);
  REQUIRE(weights.dimension(1) == 4);
  const double sum = 1 + std::exp(1.0) + std::exp(3.0);
  for (Eigen::Index s = 0; s < 3; ++s) {
    CHECK(weights(0, s) == ct::Approx(std::exp(s == 2 ? 3. : static_cast<double>(s)) / sum).epsilon(1e-6));
    CHECK(weights(1, s) == ct::Approx(1. / 3).epsilon(1e-6));
    CHECK(weights(2, s) == 0);
  }
  for (Eigen::Index b = 0; b < 3; ++b) CHECK(weights(b, 3) == 0);
}

TEMPLATE_TEST_CASE("weights times tokens is what attention pools, and they add up to 1", "[attention_weights]",
                   SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  constexpr Index hidden = 21;
  const double eps = test::eps<TestType>;
  for (const Index n : {1, 7, 8, 300, 1000}) {
    const auto row = test::tokens<TestType>(n, hidden, 5, -3, 3);
    const seqpool::Attention pooling{test::queries_of<TestType>(hidden)};
    const auto heads = weights_alone(pooling, row, hidden);
    const auto pooled = test::pooled_alone(pooling, row, hidden);
    REQUIRE(static_cast<Index>(heads.size()) == test::query_count);
    for (std::size_t k = 0; k < heads.size(); ++k) {
      double sum = 0;
      for (const A weight : heads[k]) sum += static_cast<double>(weight);
      CHECK(std::abs(sum - 1) <= 2 * static_cast<double>(n) * eps);
      for (Index h = 0; h < hidden; ++h) {
        double value = 0;
        for (Index s = 0; s < n; ++s)
          value += static_cast<double>(heads[k][static_cast<std::size_t>(s)]) *
                   static_cast<double>(seqpool::widen(row[static_cast<std::size_t>(s * hidden + h)]));
        // The same scores on both sides, so that only rounding of weights and sums is left.
        const A result = pooled[k * static_cast<std::size_t>(hidden) + static_cast<std::size_t>(h)];
        REQUIRE(std::abs(static_cast<double>(result) - value) <= (2 * static_cast<double>(n) + 32) * eps * 3);
      }
    }
  }
}

TEST_CASE("a token's weight has the same bits in every form", "[attention_weights]") {
  constexpr Index hidden = 37;
  const Index n = GENERATE(1, 13, 300);
  const auto row = test::tokens<float>(n, hidden, 11);
  const seqpool::Attention pooling{test::queries_of<float>(hidden)};
  const auto alone = weights_alone(pooling, row, hidden);
  // Row b of the result holds them where `real` says, and 0 elsewhere.
  const auto check = [&](const auto& weights, Index b, const std::vector<Index>& real) {
    REQUIRE(weights.dimension(1) == test::query_count);
    for (Index k = 0; k < test::query_count; ++k) {
      std::vector<float> found;
      std::vector<float> expected(static_cast<std::size_t>(weights.dimension(2)), 0.f);
      for (Index s = 0; s < weights.dimension(2); ++s) found.push_back(weights(b, k, s));
      for (std::size_t i = 0; i < real.size(); ++i)
        expected[static_cast<std::size_t>(real[i])] = alone[static_cast<std::size_t>(k)][i];
      CHECK(test::same_bits(found, expected));
    }
  };
  test::Padded<float> x(3, 2 * n + 5, hidden);
  const Index shift = n % 5;
  for (Index i = 0; i < n; ++i) {
    const float* const token = &row[static_cast<std::size_t>(i * hidden)];
    x.put(0, 2 * i + 1, token);
    x.put(2, i + shift, token);
  }
  const auto real = x.layout().real;
  Eigen::ThreadPool pool(2);
  const Eigen::ThreadPoolDevice device(&pool, 2);
  const auto column_major = attention_weights(pooling, x.column_major(), x.mask_view());
  STATIC_REQUIRE(std::same_as<decltype(column_major), const Eigen::Tensor<float, 3>>);
  for (std::size_t b = 0; b < 3; ++b) {
    const auto row_of_b = static_cast<Index>(b);
    check(attention_weights(pooling, x.view(), x.mask_view()), row_of_b, real[b]);
    check(attention_weights(pooling, x.view(), x.mask_view(), device), row_of_b, real[b]);
    check(column_major, row_of_b, real[b]);
  }
  std::vector<Index> first;
  for (Index i = 0; i < n; ++i) first.push_back(i);
  const std::vector<float> two = [&] {
    std::vector<float> both = row;
    both.insert(both.end(), row.begin(), row.end());
    return both;
  }();
  const seqpool::PackedStates<float> packed(two.data(), {2 * n, hidden}, std::vector<Index>{0, n, n, 2 * n});
  const auto of_packed = attention_weights(pooling, packed, device);
  check(of_packed, 0, first);
  check(of_packed, 1, {});
  check(of_packed, 2, first);
  const std::vector<const float*> pointers{row.data(), nullptr};
  const std::vector<Index> lengths{n, 0};
  check(attention_weights(pooling, seqpool::Ragged<float>(pointers, lengths, hidden)), 0, first);
  // Of a span where it stands in its sequence.
  const seqpool::HiddenStates<float> one(two.data(), {1, 2 * n, hidden});
  const auto spanned = attention_weights(pooling, one, seqpool::Spans{{0, 0, 0}, {0, n, 2 * n}});
  REQUIRE(spanned.dimension(2) == 2 * n);
  check(spanned, 0, {});
  std::vector<Index> second;
  for (Index i = 0; i < n; ++i) second.push_back(n + i);
  check(spanned, 1, second);
}

TEST_CASE("scores of -inf only weigh nothing", "[attention_weights]") {
  const float lowest = std::numeric_limits<float>::lowest();
  const std::vector<float> x{lowest, 0, lowest, 0, -1, 0};
  const seqpool::HiddenStates<float> states(x.data(), {1, 3, 2});
  const auto weights =
      attention_weights(seqpool::Attention{std::vector<float>{2, 0}}, states, seqpool::Lengths(std::array{2}));
  for (Eigen::Index s = 0; s < 3; ++s) CHECK(weights(0, s) == 0);
}

TEST_CASE("a NaN reaches the weights of its row's real tokens, and of its head", "[attention_weights]") {
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(2, 11, 2);
  x.setConstant(1);
  x(1, 3, 0) = -std::numeric_limits<float>::quiet_NaN();  // whose sign the weights do not have
  Eigen::MatrixXf queries(2, 2);
  queries << 1, 0, 1, 1;
  const auto weights = attention_weights(seqpool::Attention{queries}.average(), x, seqpool::Lengths(std::array{11, 9}));
  REQUIRE(weights.dimension(1) == 2);  // each of the averaged
  for (Eigen::Index k = 0; k < 2; ++k)
    for (Eigen::Index s = 0; s < 11; ++s) {
      CHECK(weights(0, k, s) == ct::Approx(1. / 11));
      CHECK(std::isnan(weights(1, k, s)) == (s < 9));
      if (s < 9) CHECK(std::bit_cast<std::uint32_t>(weights(1, k, s)) == 0x7fc00000);
    }
}

TEST_CASE("attention weights do not overflow at scores that exp cannot take", "[attention_weights]") {
  const auto x = test::small_states({{-60, 35, 1, 34}});
  const auto weights = attention_weights(seqpool::Attention{std::vector<float>{10, 10}}, x);
  CHECK(weights(0, 1) == ct::Approx(1).epsilon(1e-6));
  CHECK(weights(0, 3) == ct::Approx(std::exp(-20.)).epsilon(1e-4));
  CHECK(weights(0, 0) == 0);
}

TEST_CASE("attention weights of nothing, and of what does not fit", "[attention_weights]") {
  const seqpool::Attention one{std::vector<float>(4)};
  const Eigen::Tensor<float, 3> none(0, 5, 4);
  CHECK(attention_weights(one, none).dimension(0) == 0);
  CHECK(attention_weights(one, none).dimension(1) == 5);
  CHECK(attention_weights(one, seqpool::HiddenStates<float>(nullptr, {2, 0, 4})).dimension(1) == 0);
  const Eigen::Tensor<float, 3> x(1, 5, 3);
  CHECK_THROWS_WITH(attention_weights(one, x), ct::has_substring("query is [4]") && ct::has_substring("hidden 3"));
  CHECK_THROWS_AS(attention_weights(seqpool::Attention{std::vector<float>(3)}, x, seqpool::Lengths(std::array{6})),
                  std::invalid_argument);
}

TEST_CASE("which poolings attend", "[attention_weights]") {
  STATIC_REQUIRE(seqpool::AttentionPooling<seqpool::Attention<float>, Eigen::half>);
  STATIC_REQUIRE(seqpool::AttentionPooling<seqpool::Attention<double, 3>, double>);
  STATIC_REQUIRE(!seqpool::AttentionPooling<seqpool::Attention<double>, float>);
  STATIC_REQUIRE(!seqpool::AttentionPooling<seqpool::Mean>);
  STATIC_REQUIRE(!seqpool::AttentionPooling<seqpool::AnyPooling<float>>);
}
