// SPDX-License-Identifier: MIT
// That a scorer of one's own obeys the laws is in them; here is what else it gets.
#include <seqpool/pooling/softmax_pooling.hpp>

#include <algorithm>
#include <cmath>
#include <seqpool/seqpool.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/rows.hpp"
#include "support/small.hpp"

using seqpool::Index;
using seqpool::SoftmaxPooling;

namespace {

// Two heads, whose scores are up * x and down * x of a token's first feature x.
struct ByFirst {
  std::vector<float> slopes;
  bool mean = false;

  Index heads() const { return static_cast<Index>(slopes.size()); }
  bool averages() const { return mean; }
  void score(const auto& tile, std::span<float> scores) const {
    for (std::size_t k = 0; k < slopes.size(); ++k)
      for (Index i = 0; i < tile.size(); ++i)
        scores[k * std::size_t{seqpool::score_tile} + static_cast<std::size_t>(i)] =
            slopes[k] * seqpool::widen(tile[i][0]);
  }
  void visit_parameters(auto f) const { seqpool::visit_parameter(f, "slopes", slopes, {heads()}, true); }
};

// A score is where a token stands among the row's real ones: scores of 0, 1, 2, ...
struct ByPlace {
  static constexpr Index fixed_heads = 1;
  static Index heads() { return 1; }
  static void score(const auto& tile, std::span<float> scores) {
    for (Index i = 0; i < tile.size(); ++i)
      scores[static_cast<std::size_t>(i)] = static_cast<float>(tile.number(i)) / 64;
  }
  static float later(Index, Index n) { return static_cast<float>(n) / 64; }
  static std::string name() { return "by_place"; }
  static void check_hidden(Index hidden) {
    if (hidden != 1) throw std::invalid_argument("hidden is " + std::to_string(hidden) + ", not 1");
  }
};

// The same as ByFirst with one head, and goes back by way of scratch.
struct BackByScratch : ByFirst {
  void backward(const auto& tile, std::span<const float> d_scores, const seqpool::Gradients<float>& gradients) const {
    float* const taken = gradients.scratch(16);
    std::fill_n(taken, 16, 1e30f);
    std::copy_n(d_scores.begin(), tile.size(), taken);
    gradients.spread(tile, [&](Index i) { return slopes[0] * taken[i]; }, [](float, float d) { return d; });
  }
};

double by_place(const std::vector<float>& x) {
  double sum = 0, weighed = 0;
  for (std::size_t t = 0; t < x.size(); ++t) {
    const double e = std::exp(static_cast<double>(t) / 64);
    sum += e;
    weighed += e * static_cast<double>(x[t]);
  }
  return weighed / sum;
}

}  // namespace

TEST_CASE("a scorer of one's own is a pooling, and says what its tokens weigh", "[softmax_pooling]") {
  const auto x = test::small_states({{0, 1, 3, 1000}, {7, 7, 7, -1}});
  const auto mask = test::small_mask({{1, 1, 1, 0}, {1, 1, 1, 0}});
  const SoftmaxPooling pooling{ByFirst{{1, -2}}};
  STATIC_REQUIRE(seqpool::AttentionPooling<SoftmaxPooling<ByFirst>, float>);
  STATIC_REQUIRE(seqpool::AttentionPooling<SoftmaxPooling<ByFirst>, Eigen::half>);
  STATIC_REQUIRE_FALSE(seqpool::Pooling<SoftmaxPooling<ByFirst>, double>);  // scores of float
  const auto pooled = seqpool::pool(pooling, x, mask);
  const auto weights = seqpool::attention_weights(pooling, x, mask);  // [batch, heads, seq]
  REQUIRE(pooled.dimension(1) == 4);
  for (int k = 0; k < 2; ++k) {
    double sum = 0, weighed = 0;
    for (const double t : {0., 1., 3.}) {
      const double e = std::exp(k == 0 ? t : -2 * t);
      sum += e;
      weighed += e * t;
    }
    CHECK(static_cast<double>(pooled(0, 2 * k)) == ct::Approx(weighed / sum).epsilon(1e-6));
    CHECK(static_cast<double>(weights(0, k, 1)) == ct::Approx(std::exp(k == 0 ? 1. : -2.) / sum).epsilon(1e-6));
    CHECK(weights(0, k, 3) == 0);
    CHECK(pooled(1, 2 * k + 1) == 7);
  }
}

TEST_CASE("a scorer that averages gives the mean of its heads, [hidden]", "[softmax_pooling]") {
  const auto x = test::small_states({{0, 1, 3}});
  const SoftmaxPooling each{ByFirst{{1, -2}}};
  const SoftmaxPooling mean{ByFirst{{1, -2}, true}};
  CHECK(each.width(2) == 4);
  REQUIRE(mean.width(2) == 2);
  const auto all = seqpool::pool(each, x), one = seqpool::pool(mean, x);
  for (int h = 0; h < 2; ++h) CHECK(one(0, h) == ct::Approx((all(0, h) + all(0, 2 + h)) / 2));
}

TEST_CASE("scores that ask for a token's number go on over blocks, threads' and two machines'", "[softmax_pooling]") {
  const SoftmaxPooling pooling{ByPlace{}};
  const auto x = test::tokens<float>(700, 1, 3);
  const auto whole = seqpool::pool(pooling, seqpool::HiddenStates<float>(x.data(), {1, 700, 1}));
  CHECK(static_cast<double>(whole(0, 0)) == ct::Approx(by_place(x)).epsilon(1e-5));
  using Stream = seqpool::Stream<SoftmaxPooling<ByPlace>, float>;
  for (const Index cut : {1, 8, 300, 699}) {
    Stream stream{pooling, 1}, next{pooling, 1};
    stream.push(x.data(), cut);
    next.push(x.data() + cut, 700 - cut);
    stream.merge(next);
    CHECK(static_cast<double>(stream.value()(0, 0)) == ct::Approx(by_place(x)).epsilon(1e-5));
    Stream loaded{pooling, 1};
    loaded.load(stream.save());
    CHECK(loaded.value()(0, 0) == stream.value()(0, 0));
  }
  // Padding before and between changes no bit.
  std::vector<float> padded;
  Eigen::Tensor<int, 2> mask(1, 1400);
  for (std::size_t t = 0; t < 1400; ++t) {
    padded.push_back(t % 2 == 0 ? 1e30f : x[t / 2]);
    mask(0, static_cast<Index>(t)) = static_cast<int>(t % 2);
  }
  CHECK(seqpool::pool(pooling, seqpool::HiddenStates<float>(padded.data(), {1, 1400, 1}), mask)(0, 0) == whole(0, 0));
  // One head, as the type says.
  CHECK(seqpool::attention_weights(pooling, seqpool::HiddenStates<float>(x.data(), {1, 700, 1})).dimensions().size() ==
        2);
}

TEST_CASE("the scratch of a scorer that goes back is its own", "[softmax_pooling][gradient]") {
  const std::vector<float> row = test::tokens<float>(20, 1, 3);
  const seqpool::HiddenStates<float> x(row.data(), {1, 20, 1});
  Eigen::Tensor<float, 2> d_out(1, 1);
  d_out.setConstant(1);
  // Its scores are those of a query.
  const auto expected = seqpool::gradient(seqpool::Attention{std::vector{0.5f}}, x, seqpool::all_tokens, d_out);
  const auto back = seqpool::gradient(SoftmaxPooling{BackByScratch{{{0.5f}}}}, x, seqpool::all_tokens, d_out);
  for (Index t = 0; t < 20; ++t)
    CHECK(static_cast<double>(back.tokens(0, t, 0)) ==
          ct::Approx(static_cast<double>(expected.tokens(0, t, 0))).epsilon(1e-5));
}

TEST_CASE("what a scorer says of itself its pooling says: sizes, name, parameters", "[softmax_pooling]") {
  CHECK_THROWS_WITH(SoftmaxPooling{ByPlace{}}.width(2), ct::has_substring("hidden is 2, not 1"));
  CHECK(seqpool::identity_of(SoftmaxPooling{ByPlace{}}) == "by_place");
  const SoftmaxPooling a{ByFirst{{1, -2}}}, b{ByFirst{{1, -3}}};
  CHECK(seqpool::identity_of(a) == seqpool::identity_of(SoftmaxPooling{ByFirst{{1, -2}}}));
  CHECK(seqpool::identity_of(a) != seqpool::identity_of(b));
  using Stream = seqpool::Stream<SoftmaxPooling<ByFirst>, float>;
  Stream stream{a, 1}, other{b, 1};
  CHECK_THROWS_WITH(stream.merge(other), ct::has_substring("with the same parameters"));
  CHECK_THROWS_AS(stream.load(other.save()), std::invalid_argument);
}
