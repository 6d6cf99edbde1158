// SPDX-License-Identifier: MIT
#include <seqpool/pooling/additive_attention.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"
#include "support/small.hpp"

using seqpool::AdditiveAttention;
using seqpool::Index;

namespace {

// small_states has two features, x and x: W x + b is {x, -x + 0.5}, and the weight's second column is not used.
const Eigen::MatrixXf additive_weight{{1, 0}, {-1, 0}};
const std::vector<float> additive_bias{0, 0.5f}, additive_v{2, 0.25f};

// By the formula, of tokens {x, x}.
template <class Score> double additively_weighed(const std::vector<double>& tokens, Score score) {
  double sum = 0, weighed = 0;
  for (const double x : tokens) sum += std::exp(score(x)), weighed += std::exp(score(x)) * x;
  return weighed / sum;
}
double gelu_by_formula(double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0))); }

}  // namespace

TEST_CASE("additive attention weighs by v * tanh(W x + b)", "[additive_attention]") {
  const auto x = test::small_states({{0, 1, 3, 1000}, {2, 2, 2, -1}});
  const AdditiveAttention pooling{additive_weight, additive_bias, additive_v};
  const auto result = seqpool::pool(pooling, x, test::small_mask({{1, 1, 1, 0}, {1, 1, 1, 0}}));
  const double expected =
      additively_weighed({0, 1, 3}, [](double t) { return 2 * std::tanh(t) + 0.25 * std::tanh(0.5 - t); });
  CHECK(static_cast<double>(result(0, 0)) == ct::Approx(expected).epsilon(1e-6));
  CHECK(result(0, 0) == result(0, 1));
  CHECK(result(1, 0) == 2);  // of equal scores the mean, and of one token the token
  test::check_rows(seqpool::pool(pooling, x, test::small_mask({{0, 0, 0, 1}, {0, 0, 0, 0}})), {1000, 0});
}

TEST_CASE("layer norm stands before the activation, gelu in the place of tanh, in any order of asking",
          "[additive_attention]") {
  const auto x = test::small_states({{0, 1, 3}});
  const AdditiveAttention plain{additive_weight, additive_bias, additive_v};
  const std::vector<float> weight{1.5f, -2}, bias{0.25f, 1};
  const auto normed = [](double t, double eps, double sign) {  // of {t, 0.5 - t}
    const double d = t - 0.25;
    return sign * d / std::sqrt(d * d + eps);
  };
  const auto score = [&](double t, double eps, auto act) {
    return 2 * act(1.5 * normed(t, eps, 1) + 0.25) + 0.25 * act(-2 * normed(t, eps, -1) + 1);
  };
  const auto check = [&](const AdditiveAttention<float>& pooling, auto by) {
    const double expected = additively_weighed({0, 1, 3}, by);
    CHECK(static_cast<double>(seqpool::pool(pooling, x)(0, 0)) == ct::Approx(expected).epsilon(1e-6));
  };
  const auto tanh = [](double t) { return std::tanh(t); };
  check(plain.gelu(), [](double t) { return 2 * gelu_by_formula(t) + 0.25 * gelu_by_formula(0.5 - t); });
  check(plain.layer_norm(weight, bias), [&](double t) { return score(t, 1e-5, tanh); });
  check(plain.layer_norm(weight, bias, 0.5), [&](double t) { return score(t, 0.5, tanh); });
  check(plain.layer_norm(weight, bias, 0.5).gelu(), [&](double t) { return score(t, 0.5, gelu_by_formula); });
  check(plain.gelu().layer_norm(weight, bias, 0.5), [&](double t) { return score(t, 0.5, gelu_by_formula); });
  CHECK(seqpool::identity_of(plain) != seqpool::identity_of(plain.gelu()));
  CHECK(seqpool::identity_of(plain.layer_norm(weight, bias)) !=
        seqpool::identity_of(plain.layer_norm(weight, bias, 0.5)));
}

// A layer norm divides the errors of its row by how far the row's numbers are apart.
TEMPLATE_TEST_CASE("Guarantee 4: scores are within their bound where rows of W are nearly alike",
                   "[guarantees][additive_attention]", SEQPOOL_TEST_REALS) {
  using Real = long double;
  constexpr Index hidden = 21, attention = 13;
  const auto eps = static_cast<Real>(std::numeric_limits<TestType>::epsilon());
  const Real k = attention / Real(2) + attention / Real(512) + 8;
  const auto apart = static_cast<double>(std::sqrt(eps)) * 30;  // of rows of numbers about 10
  Index beyond_the_linear_layer = 0;
  for (const bool gelu : {false, true})
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      test::Random random(seed);
      Eigen::Tensor<TestType, 2> weight(attention, hidden);
      for (Index h = 0; h < hidden; ++h) {
        const double common = random.between(9, 11);
        for (Index a = 0; a < attention; ++a) weight(a, h) = static_cast<TestType>(common + random.between(0, apart));
      }
      const auto bias = random.values<TestType>(attention, -0.001, 0.001), v = random.values<TestType>(attention);
      const auto w = random.values<TestType>(attention, 0.5, 1.5), c = random.values<TestType>(attention);
      const auto x = random.values<TestType>(hidden, 0, 1);
      const auto normed = seqpool::AdditiveAttention{weight, bias, v}.layer_norm(w, c);
      std::array<TestType, std::size_t{seqpool::score_tile}> scores;
      (gelu ? normed.gelu() : normed).score(seqpool::TokenBlock<TestType>(x.data(), 1, hidden, hidden), scores);

      std::vector<Real> u;
      Real e = 0, mean = 0, variance = 0;
      for (Index a = 0; a < attention; ++a) {
        Real sum = static_cast<Real>(bias[static_cast<std::size_t>(a)]), sizes = std::abs(sum);
        for (Index h = 0; h < hidden; ++h) {
          const Real product = static_cast<Real>(weight(a, h)) * static_cast<Real>(x[static_cast<std::size_t>(h)]);
          sum += product, sizes += std::abs(product);
        }
        u.push_back(sum);
        e = std::max(e, (Real(hidden) / 2 + Real(hidden) / 512 + 4) * eps * sizes);
        mean += sum / attention;
      }
      for (const Real value : u) variance += (value - mean) * (value - mean) / attention;
      const Real r = std::sqrt(variance + Real(1e-5));
      REQUIRE(e < r);
      Real score = 0, d = 0, without_division = 0;
      for (std::size_t a = 0; a < u.size(); ++a) {
        const Real z = (u[a] - mean) / r, s = (2 + std::abs(z)) * e / (r - e);
        const Real y = static_cast<Real>(w[a]) * z + static_cast<Real>(c[a]), size = std::abs(static_cast<Real>(v[a]));
        const Real g = gelu ? y / 2 * std::erfc(-y / std::sqrt(Real(2))) : std::tanh(y);
        const auto error = [&](Real of_row, Real more) {
          const Real e_a = of_row + (attention / Real(16) + 32) * eps *
                                        (std::abs(static_cast<Real>(w[a])) * (1 + std::abs(z) + more) +
                                         std::abs(static_cast<Real>(c[a])));
          return size * (gelu ? Real(1.2) * e_a + (k + 4) * eps * std::max(Real(1), std::abs(g)) : e_a + k * eps);
        };
        score += static_cast<Real>(v[a]) * g;
        d += error(std::abs(static_cast<Real>(w[a])) * s, s);
        without_division += error(e, 0);
      }
      const Real found = std::abs(static_cast<Real>(scores[0]) - score);
      INFO("seed " << seed << ": error " << found << ", bound " << d << ", without the division " << without_division);
      REQUIRE(found <= d);
      beyond_the_linear_layer += found > without_division;
    }
  CHECK(beyond_the_linear_layer > 0);
}

TEST_CASE("an infinite feature saturates tanh, and a NaN makes the row NaN", "[additive_attention]") {
  const float inf = std::numeric_limits<float>::infinity();
  Eigen::Tensor<float, 3, Eigen::RowMajor> x(1, 60, 2);
  x.setConstant(1);
  // The second column, which is 0, meets features of 1 only.
  const AdditiveAttention pooling{additive_weight, additive_bias, additive_v};
  x(0, 59, 0) = inf;
  CHECK(seqpool::pool(pooling, x)(0, 0) == inf);
  CHECK(seqpool::pool(pooling, x)(0, 1) == 1);
  x(0, 59, 0) = -inf;
  CHECK(seqpool::pool(pooling, x)(0, 0) == -inf);
  CHECK(seqpool::pool(pooling, x)(0, 1) == 1);
  CHECK(std::isnan(seqpool::pool(pooling.layer_norm(additive_v, additive_v), x)(0, 1)));
  x(0, 59, 0) = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(seqpool::pool(pooling, x)(0, 1)));
  // Scores of +inf are NaN, as in PyTorch, and of -inf only zeros.
  x.setConstant(1);
  const auto steep = [](float v) {
    return AdditiveAttention{additive_weight, additive_bias, std::vector<float>{v, 0}};
  };
  CHECK(std::isnan(seqpool::pool(steep(inf), x)(0, 1)));
  CHECK(seqpool::pool(steep(-inf), x)(0, 1) == 0);
}

TEST_CASE("parameters come as tensors, Eigen matrices and vectors, or ranges, of any scalar", "[additive_attention]") {
  const auto x = test::small_states({{0, 1, 3}});
  const auto expected = seqpool::pool(AdditiveAttention{additive_weight, additive_bias, additive_v}, x)(0, 0);
  Eigen::Tensor<float, 2> weight(2, 2);
  weight.setValues({{1, 0}, {-1, 0}});
  Eigen::Tensor<float, 1> bias(2);
  bias.setValues({0, 0.5f});
  CHECK(seqpool::pool(AdditiveAttention{weight, bias, Eigen::Vector2f(2, 0.25f)}, x)(0, 0) == expected);
  const Eigen::Matrix<Eigen::half, 2, 2> half_weight = additive_weight.cast<Eigen::half>();
  const std::array half_bias{Eigen::half(0.f), Eigen::half(0.5f)}, half_v{Eigen::half(2.f), Eigen::half(0.25f)};
  CHECK(seqpool::pool(AdditiveAttention{half_weight, half_bias, half_v}, x)(0, 0) == expected);
}

TEST_CASE("Guarantee 7: additive attention names the sizes that do not fit", "[guarantees][additive_attention]") {
  const Eigen::MatrixXf weight = Eigen::MatrixXf::Zero(3, 2);
  const std::vector<float> three(3), two(2);
  CHECK_THROWS_AS((AdditiveAttention{weight, two, three}), std::invalid_argument);
  CHECK_THROWS_WITH((AdditiveAttention{weight, two, three}),
                    ct::has_substring("bias is [2], but weight [attention, hidden] is [3, 2]"));
  CHECK_THROWS_WITH((AdditiveAttention{weight, three, two}),
                    ct::has_substring("v is [2], but weight [attention, hidden] is [3, 2]"));
  const std::vector<float> four(4);
  CHECK_THROWS_WITH((AdditiveAttention{weight, three, four}), ct::has_substring("v is [4], but weight"));
  const AdditiveAttention pooling{weight, three, three};
  CHECK_THROWS_WITH(pooling.layer_norm(two, three),
                    ct::has_substring("the layer norm's weight is [2]") && ct::has_substring("is [3, 2]"));
  CHECK_THROWS_WITH(pooling.layer_norm(three, two), ct::has_substring("the layer norm's bias is [2]"));
  CHECK_THROWS_WITH(pooling.layer_norm(three, three, -1), ct::has_substring("eps is -1:"));
  CHECK_THROWS_WITH(pooling.width(3), ct::has_substring("weight is [3, 2]") && ct::has_substring("have hidden 3"));
  CHECK(pooling.width(2) == 2);
  const Eigen::TensorMap<const Eigen::Tensor<float, 2>> null(nullptr, 3, 2);
  CHECK_THROWS_WITH((AdditiveAttention{null, three, three}), ct::has_substring("weight [3, 2] has a null pointer"));
}

// Of a network tokens are taken as a matrix where they lie evenly apart, which those of a mask with holes do not.
TEST_CASE("tokens with holes between them are scored by themselves, at any distance", "[additive_attention]") {
  constexpr Index hidden = 19, attention = 7, seq = 700;
  const auto row = test::Random(3).values<float>(seq * hidden);
  Eigen::Tensor<float, 2> weight(attention, hidden);
  const auto numbers = test::Random(4).values<float>(weight.size());
  std::copy(numbers.begin(), numbers.end(), weight.data());
  const auto bias = test::Random(5).values<float>(attention), v = test::Random(6).values<float>(attention, -9, 9);
  const AdditiveAttention plain{weight, bias, v};
  const seqpool::HiddenStates<float> x(row.data(), {1, seq, hidden});
  const auto each_kept = [&](auto kept) {
    Eigen::Tensor<int, 2> mask(1, seq);
    std::vector<float> alone;
    for (Index t = 0; t < seq; ++t) {
      mask(0, t) = kept(t) ? 1 : 0;
      if (kept(t)) alone.insert(alone.end(), row.begin() + t * hidden, row.begin() + (t + 1) * hidden);
    }
    const seqpool::HiddenStates<float> dense(alone.data(), {1, static_cast<Index>(alone.size()) / hidden, hidden});
    for (const auto& pooling : {plain, plain.gelu(), plain.layer_norm(bias, v)}) {
      const auto found = seqpool::pool(pooling, x, mask), expected = seqpool::pool(pooling, dense);
      for (Index h = 0; h < hidden; ++h) CHECK(found(0, h) == expected(0, h));
    }
  };
  each_kept([](Index t) { return t % 3 == 0; });                 // evenly
  each_kept([](Index t) { return t % 3 == 0 || t % 50 == 1; });  // and not
  each_kept([](Index t) { return t < 5 || t > 6; });
  each_kept([](Index t) { return (t * t) % 11 < 5; });
}
