// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/head/multihead_attention.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/head_gradients.hpp"
#include "support/rows.hpp"
#include "support/scalars.hpp"

using seqpool::Index;
using seqpool::MultiheadAttention;

namespace {

template <class T> using Weights = seqpool::MultiheadAttentionWeights<T>;

template <class T> auto random_rows(Index rows, Index columns, std::uint64_t seed) {
  typename Weights<T>::Matrix m(rows, columns);
  test::Random random(seed);
  for (Index i = 0; i < m.size(); ++i) m.data()[i] = static_cast<T>(random.between(-0.5, 0.5));
  return m;
}
template <class T> auto random_vector(Index size, std::uint64_t seed) {
  typename Weights<T>::Vector v(size);
  test::Random random(seed);
  for (Index i = 0; i < size; ++i) v(i) = static_cast<T>(random.between(-0.5, 0.5));
  return v;
}

constexpr Index embed = 12, mha_heads = 3;

template <class T> Weights<T> random_weights(Index queries) {
  Weights<T> weights;
  weights.query = random_rows<T>(queries, embed, 1);
  weights.heads = mha_heads;
  weights.in_proj_weight = random_rows<T>(3 * embed, embed, 2);
  weights.in_proj_bias = random_vector<T>(3 * embed, 3);
  weights.out_proj_weight = random_rows<T>(embed, embed, 4);
  weights.out_proj_bias = random_vector<T>(embed, 5);
  return weights;
}

double wide(auto x) { return static_cast<double>(seqpool::widen(x)); }

// W x + b in float64.
template <class T>
std::vector<double> linear_of(const Weights<T>& w, Index first, Index rows, const std::vector<double>& x) {
  std::vector<double> y;
  for (Index o = first; o < first + rows; ++o) {
    y.push_back(w.in_proj_bias.size() == 0 ? 0. : wide(w.in_proj_bias(o)));
    for (std::size_t f = 0; f < x.size(); ++f) y.back() += wide(w.in_proj_weight(o, static_cast<Index>(f))) * x[f];
  }
  return y;
}

// torch.nn.MultiheadAttention as it is written down, token by token and in float64: [k * embed].
template <class T> std::vector<double> attended(const Weights<T>& w, const test::Tokens& tokens) {
  constexpr Index width = embed / mha_heads;
  const double scale = w.scale.value_or(1 / std::sqrt(static_cast<double>(width)));
  std::vector<double> result;
  for (Index k = 0; k < w.query.dimension(0); ++k) {
    std::vector<double> query;
    for (Index e = 0; e < embed; ++e) query.push_back(wide(w.query(k, e)));
    query = linear_of(w, 0, embed, query);
    std::vector<double> joined(embed, 0.);
    for (std::size_t h = 0; h < mha_heads; ++h) {
      std::vector<double> weights;
      double sum = 0;
      for (const auto& token : tokens) {
        const auto key = linear_of(w, embed, embed, token);
        double score = 0;
        for (std::size_t e = h * width; e < (h + 1) * width; ++e) score += query[e] * key[e] * scale;
        weights.push_back(std::exp(score));
        sum += weights.back();
      }
      for (std::size_t t = 0; t < tokens.size(); ++t) {
        const auto value = linear_of(w, 2 * embed, embed, tokens[t]);
        for (std::size_t e = h * width; e < (h + 1) * width; ++e) joined[e] += weights[t] / sum * value[e];
      }
    }
    for (Index o = 0; o < embed; ++o) {
      result.push_back(wide(w.out_proj_bias(o)));
      for (std::size_t e = 0; e < embed; ++e)
        result.back() += wide(w.out_proj_weight(o, static_cast<Index>(e))) * joined[e];
    }
  }
  return result;
}

}  // namespace

TEMPLATE_TEST_CASE("multi-head attention gives what its definition gives", "[multihead_attention]",
                   SEQPOOL_TEST_SCALARS) {
  using T = TestType;
  using A = seqpool::accumulator_t<T>;
  for (const Index queries : {1, 2}) {
    auto weights = random_weights<T>(queries);
    SECTION("with biases") {}
    SECTION("without biases of the projections") { weights.in_proj_bias = {}; }
    SECTION("with a scale") { weights.scale = 0.7; }
    const MultiheadAttention attention{weights};
    const Index n = 21;
    test::Padded<T> x(2, n + 3, embed);
    const auto row = test::tokens<T>(n, embed, 6, -2, 2);
    for (Index i = 0; i < n; ++i) x.put(0, i + 2, &row[static_cast<std::size_t>(i * embed)]);
    const auto pooled = seqpool::multihead_attention_pool(x.view(), attention, x.mask_view());
    REQUIRE(pooled.dimension(1) == queries * embed);
    const auto expected = attended(weights, test::in_double(row, embed));
    // Values reach embed / 2 * embed / 2 * 2; scores and sums as Attention and Linear state them.
    for (Index i = 0; i < queries * embed; ++i)
      CHECK(std::abs(static_cast<double>(pooled(0, i)) - expected[static_cast<std::size_t>(i)]) <=
            200 * test::eps<T> * embed);
    // A row without tokens: the biases of the values, projected.
    for (Index o = 0; o < queries * embed; ++o) {
      double value = wide(weights.out_proj_bias(o % embed));
      if (weights.in_proj_bias.size() != 0)
        for (Index e = 0; e < embed; ++e)
          value += wide(weights.out_proj_weight(o % embed, e)) * wide(weights.in_proj_bias(2 * embed + e));
      CHECK(std::abs(static_cast<double>(pooled(1, o)) - value) <= 20 * test::eps<T> * embed);
    }
    // By the two parts, and by a device: the same bits.
    const seqpool::Embedder embedder{attention.pooling(), attention.head()};
    const auto rows = test::rows_of(pooled);
    CHECK(test::rows_of(embedder.embed(x.view(), x.mask_view())) == rows);
    Eigen::ThreadPool pool(2);
    const Eigen::ThreadPoolDevice device(&pool, 2);
    CHECK(test::rows_of(seqpool::multihead_attention_pool(x.view(), attention, x.mask_view(), device)) == rows);
    STATIC_REQUIRE(seqpool::Head<std::remove_cvref_t<decltype(attention.head())>, A>);
    const auto shares = seqpool::attention_weights(attention.pooling(), x.view(), x.mask_view());
    CHECK(shares.dimension(1) == queries * mha_heads);
  }
}

TEST_CASE("projections of their own, of keys and values of another size, are those of one", "[multihead_attention]") {
  const auto one = random_weights<float>(2);
  auto apart = one;
  const auto part = [&](Index first) {
    Weights<float>::Matrix m(embed, embed);
    for (Index r = 0; r < embed; ++r)
      for (Index c = 0; c < embed; ++c) m(r, c) = one.in_proj_weight(first + r, c);
    return m;
  };
  apart.in_proj_weight = {};
  apart.q_proj_weight = part(0);
  apart.k_proj_weight = part(embed);
  apart.v_proj_weight = part(2 * embed);
  const auto row = test::tokens<float>(9, embed, 7);
  const seqpool::HiddenStates<float> x(row.data(), {1, 9, embed});
  CHECK(test::rows_of(multihead_attention_pool(x, MultiheadAttention{apart})) ==
        test::rows_of(multihead_attention_pool(x, MultiheadAttention{one})));
  apart.k_proj_weight = random_rows<float>(embed, 5, 8);
  apart.v_proj_weight = random_rows<float>(embed, 5, 9);
  const seqpool::HiddenStates<float> narrow(row.data(), {1, 9, 5});
  CHECK(multihead_attention_pool(narrow, MultiheadAttention{apart}).dimension(1) == 2 * embed);
}

TEST_CASE("weights that do not fit are named", "[multihead_attention]") {
  const auto throws = [](auto change, const char* words) {
    auto weights = random_weights<float>(2);
    change(weights);
    CHECK_THROWS_WITH(MultiheadAttention{weights}, ct::has_substring(words));
  };
  using W = Weights<float>;
  throws([](W& w) { w.heads = 5; }, "there are 5 heads, but query [k, embed] is [2, 12]");
  throws([](W& w) { w.heads = 0; }, "there are 0 heads");
  throws([](W& w) { w.in_proj_weight = W::Matrix(24, 12); }, "in_proj_weight is [24, 12]");
  throws([](W& w) { w.in_proj_weight = W::Matrix(36, 11); }, "the queries' projection is [12, 11]");
  throws([](W& w) { w.in_proj_weight = {}; }, "the queries' projection is [0, 0]");
  throws([](W& w) { w.k_proj_weight = W::Matrix(12, 12); }, "it must be one or the other");
  throws([](W& w) { w.in_proj_bias = W::Vector(12); }, "in_proj_bias is [12]");
  throws([](W& w) { w.out_proj_weight = W::Matrix(12, 11); }, "out is [12, 11]");
  throws([](W& w) { w.query = W::Matrix(0, 12); }, "queries");
  const MultiheadAttention attention{random_weights<float>(1)};
  CHECK_THROWS_AS(multihead_attention_pool(Eigen::Tensor<float, 3>(1, 2, 11), attention), std::invalid_argument);
}

TEST_CASE("the scale of scores is a finite number", "[multihead_attention]") {
  const double infinite = std::numeric_limits<double>::infinity();
  seqpool::MultiheadAttentionWeights<float> weights;
  weights.query = weights.out_proj_weight = Eigen::Tensor<float, 2, Eigen::RowMajor>(2, 2);
  weights.in_proj_weight = Eigen::Tensor<float, 2, Eigen::RowMajor>(6, 2);
  for (auto* const matrix : {&weights.query, &weights.in_proj_weight, &weights.out_proj_weight}) matrix->setConstant(1);
  CHECK_NOTHROW(seqpool::MultiheadAttention{weights});
  for (const double scale : {infinite, -infinite, std::numeric_limits<double>::quiet_NaN()}) {
    weights.scale = scale;
    CHECK_THROWS_AS(seqpool::MultiheadAttention{weights}, std::invalid_argument);
    CHECK_THROWS_WITH(seqpool::MultiheadAttention{weights}, ct::has_substring("it must be a finite number, or none"));
  }
}

TEMPLATE_TEST_CASE("multi-head attention's gradients are those of torch's tensors, by the chain rule",
                   "[multihead_attention][gradient]", SEQPOOL_TEST_REALS) {
  auto weights = random_weights<double>(2);
  SECTION("joined") {}
  SECTION("with a scale, without biases") {
    weights.scale = 0.7;
    weights.in_proj_bias = weights.out_proj_bias = {};
  }
  SECTION("by projections of their own, of keys and values of another size") {
    weights.in_proj_weight = {};
    weights.q_proj_weight = random_rows<double>(embed, embed, 7);
    weights.k_proj_weight = random_rows<double>(embed, 5, 8);
    weights.v_proj_weight = random_rows<double>(embed, 5, 9);
  }
  Weights<TestType> own;
  own.heads = weights.heads, own.scale = weights.scale;
  const auto cast = [](const auto& from, auto& to) { to = from.template cast<TestType>(); };
  cast(weights.query, own.query), cast(weights.in_proj_weight, own.in_proj_weight);
  cast(weights.q_proj_weight, own.q_proj_weight), cast(weights.k_proj_weight, own.k_proj_weight);
  cast(weights.v_proj_weight, own.v_proj_weight), cast(weights.in_proj_bias, own.in_proj_bias);
  cast(weights.out_proj_weight, own.out_proj_weight), cast(weights.out_proj_bias, own.out_proj_bias);
  const MultiheadAttention wide{weights};
  const MultiheadAttention attention{own};

  // d pooling and d head are any numbers: the loss is their product with the composed parameters.
  seqpool::ParameterVector of_pooling(attention.pooling()), of_head(attention.head());
  std::ranges::copy(test::exact_values<double>(static_cast<Index>(of_pooling.numbers().size()), 10),
                    of_pooling.numbers().begin());
  std::ranges::copy(test::exact_values<double>(static_cast<Index>(of_head.numbers().size()), 11),
                    of_head.numbers().begin());
  const auto loss = [&](const std::vector<double>& numbers) {
    const auto other = seqpool::with_parameters(wide, numbers);
    const seqpool::ParameterVector pooling(other.pooling()), head(other.head());
    return std::inner_product(pooling.numbers().begin(), pooling.numbers().end(), of_pooling.numbers().begin(), 0.) +
           std::inner_product(head.numbers().begin(), head.numbers().end(), of_head.numbers().begin(), 0.);
  };
  const seqpool::ParameterVector given(wide), found = attention.gradient(of_pooling, of_head);
  REQUIRE(found.entries().size() == given.entries().size());
  double largest = 0;
  for (const double g : found.numbers()) largest = std::max(largest, std::abs(g));
  for (const auto& entry : found.entries())
    for (std::size_t i = entry.first; i < entry.first + entry.count; ++i) {
      std::vector<double> numbers(given.numbers().begin(), given.numbers().end());
      const auto moved = [&](double step) {
        numbers[i] = given.numbers()[i] + step;
        return loss(numbers);
      };
      const double step = 1e-4, by_difference = (moved(step) - moved(-step)) / (2 * step);
      INFO(entry.name << " " << i - entry.first);
      // In float, weights are rounded and all is computed in double.
      REQUIRE(std::abs(found.numbers()[i] - by_difference) <= std::max(1e-9, 4 * test::eps<TestType>) * largest);
      const bool of_key = entry.name == "in_proj_bias" && i - entry.first >= embed && i - entry.first < 2 * embed;
      if (of_key) REQUIRE(found.numbers()[i] == 0);
    }
}

TEST_CASE("multi-head attention learns from tokens", "[multihead_attention][gradient]") {
  const auto weights = random_weights<double>(2);
  const MultiheadAttention attention{weights};
  const auto row = test::tokens<double>(2 * 9, embed, 7, -2, 2);
  const seqpool::HiddenStates<double> x(row.data(), {2, 9, embed});
  Eigen::Tensor<double, 2, Eigen::RowMajor> targets(2, 2 * embed);
  targets.setConstant(0.25);
  const seqpool::SquaredError loss(targets);
  const auto loss_of = [&](const MultiheadAttention<double>& other) {
    return seqpool::parameter_gradient(seqpool::Embedder{other.pooling(), other.head()}, x, seqpool::all_tokens, loss);
  };
  const auto all = loss_of(attention).parameters;
  const auto found = attention.gradient(all.part("pooling"), all.part("head.0"));
  const seqpool::ParameterVector given(attention);
  double largest = 0;
  for (const double g : found.numbers()) largest = std::max(largest, std::abs(g));
  for (std::size_t i = 0; i < given.numbers().size(); i += 7) {
    std::vector<double> numbers(given.numbers().begin(), given.numbers().end());
    const auto moved = [&](double step) {
      numbers[i] = given.numbers()[i] + step;
      return loss_of(seqpool::with_parameters(attention, numbers)).loss;
    };
    REQUIRE(std::abs(found.numbers()[i] - (moved(1e-5) - moved(-1e-5)) / 2e-5) <= 1e-7 * largest);
  }
}

TEMPLATE_TEST_CASE("multi-head attention takes other numbers, which are not rounded to its weights' type",
                   "[multihead_attention][parameters]", SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  const MultiheadAttention attention{random_weights<TestType>(2)};
  const auto numbers = test::exact_values<double>(seqpool::parameter_count(attention), 12, -0.5, 0.5);
  const auto other = seqpool::with_parameters(attention, numbers);
  const seqpool::ParameterVector found(other);
  CHECK(std::ranges::equal(found.numbers(), numbers));
  // The same as one that was made of these numbers.
  Weights<A> weights;
  weights.heads = mha_heads;
  const auto take = [&](std::string_view name, auto tensor) {
    std::ranges::copy(found[name], tensor.data());
    return tensor;
  };
  using W = Weights<A>;
  weights.query = take("query", typename W::Matrix(2, embed));
  weights.in_proj_weight = take("in_proj_weight", typename W::Matrix(3 * embed, embed));
  weights.in_proj_bias = take("in_proj_bias", typename W::Vector(3 * embed));
  weights.out_proj_weight = take("out_proj.weight", typename W::Matrix(embed, embed));
  weights.out_proj_bias = take("out_proj.bias", typename W::Vector(embed));
  const auto row = test::tokens<TestType>(9, embed, 7);
  const seqpool::HiddenStates<TestType> x(row.data(), {1, 9, embed});
  CHECK(test::rows_of(multihead_attention_pool(x, other)) ==
        test::rows_of(multihead_attention_pool(x, MultiheadAttention{weights})));
  CHECK(test::rows_of(multihead_attention_pool(x, other)) != test::rows_of(multihead_attention_pool(x, attention)));
}

TEST_CASE("gradients of another pooling or head are refused", "[multihead_attention][gradient]") {
  const MultiheadAttention attention{random_weights<double>(2)}, other{random_weights<double>(1)};
  const seqpool::ParameterVector pooling(attention.pooling()), head(attention.head());
  CHECK_NOTHROW(attention.gradient(pooling, head));
  CHECK_THROWS_WITH(other.gradient(pooling, head), ct::has_substring("72 numbers, but 36 are needed"));
  CHECK_THROWS_AS(attention.gradient(head, pooling), std::invalid_argument);
  CHECK_THROWS_AS(attention.gradient(pooling, pooling), std::invalid_argument);
}
