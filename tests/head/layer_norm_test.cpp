// SPDX-License-Identifier: MIT
#include <seqpool/head/layer_norm.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <seqpool/head/linear.hpp>
#include <seqpool/head/sequential.hpp>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/head_gradients.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

using seqpool::Index;
using seqpool::LayerNorm;

namespace {

template <class T, class A> std::vector<A> layer_normed(const LayerNorm<T>& head, const std::vector<A>& row) {
  const Index n = static_cast<Index>(row.size());
  const Eigen::TensorMap<const Eigen::Tensor<const A, 2, Eigen::RowMajor>> x(row.data(), 1, n);
  const auto y = seqpool::map(head, x);
  return {y.data(), y.data() + n};
}

// z, in long double by the formula, of differences from the row's first number, so that a large offset costs it no
// digits.
template <class A> std::vector<long double> normed_exactly(const std::vector<A>& row, long double eps) {
  const long double n = static_cast<long double>(row.size());
  std::vector<long double> z;
  long double mean = 0;
  for (const A value : row) {
    z.push_back(static_cast<long double>(value) - static_cast<long double>(row[0]));
    mean += z.back() / n;
  }
  long double variance = 0;
  for (const long double value : z) variance += (value - mean) * (value - mean) / n;
  for (long double& value : z) value = (value - mean) / std::sqrt(variance + eps);
  return z;
}

template <class T, class A> void check_layer_norm(const std::vector<A>& row, double layer_eps) {
  const Index n = static_cast<Index>(row.size());
  const auto weight = test::Random(8).values<T>(n, -2, 2);
  const auto bias = test::Random(9).values<T>(n);
  const auto z = normed_exactly(row, static_cast<long double>(layer_eps));
  const auto y = layer_normed(LayerNorm{weight, bias, layer_eps}, row);
  const auto without_bias = layer_normed(LayerNorm{weight, layer_eps}, row);
  const auto plain = layer_normed(LayerNorm<T>{layer_eps}, row);
  const long double bound =
      (static_cast<long double>(n) / 16 + 32) * static_cast<long double>(std::numeric_limits<A>::epsilon());
  const long double tiny = static_cast<long double>(std::numeric_limits<A>::min());
  for (std::size_t f = 0; f < row.size(); ++f) {
    const long double w = static_cast<long double>(seqpool::widen(weight[f]));
    const long double b = static_cast<long double>(seqpool::widen(bias[f]));
    INFO("n " << n << " feature " << f << " z " << z[f] << " plain " << plain[f]);
    if (std::abs(z[f]) < 1000 * tiny && z[f] != 0) continue;
    REQUIRE(std::abs(static_cast<long double>(plain[f]) - z[f]) <= bound * (1 + std::abs(z[f])));
    REQUIRE(std::abs(static_cast<long double>(without_bias[f]) - w * z[f]) <=
            bound * std::abs(w) * (1 + std::abs(z[f])));
    REQUIRE(std::abs(static_cast<long double>(y[f]) - (w * z[f] + b)) <=
            bound * (std::abs(w) * (1 + std::abs(z[f])) + std::abs(b)));
  }
}

}  // namespace

TEMPLATE_TEST_CASE("Guarantee 4: layer norm keeps its bound at any offset and scale", "[guarantees][layer_norm]",
                   SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  using Limits = std::numeric_limits<A>;
  for (const Index n : {2, 3, 15, 16, 17, 64, 384, 1023})
    for (const double offset : {0., 1., -1e4, 1e6})
      for (const double noise : {1., 1e-2, 1e3}) {
        auto row = test::Random(static_cast<std::uint64_t>(n)).values<A>(n, offset - noise, offset + noise);
        check_layer_norm<TestType>(row, 1e-5);
        check_layer_norm<TestType>(row, 1e-12);
        row[0] = static_cast<A>(1e5);  // of which the first sum is taken
        check_layer_norm<TestType>(row, 1e-5);
        std::swap(row.front(), row.back());
        check_layer_norm<TestType>(row, 1e-5);
      }
  for (const Index n : {2, 15, 64, 1000})
    for (const A scale : {Limits::max() / static_cast<A>(2 * n), std::sqrt(Limits::max()), std::sqrt(Limits::min()),
                          Limits::min() * A(1e4)}) {
      auto row = test::Random(7).values<A>(n);
      for (auto& value : row) value *= scale;
      for (const double layer_eps : {0., 1e-5}) check_layer_norm<TestType>(row, layer_eps);
    }
}

TEMPLATE_TEST_CASE("Guarantee 4: layer norm keeps its bound of subnormal numbers whose largest difference is normal",
                   "[guarantees][layer_norm]", SEQPOOL_TEST_REALS) {
  const TestType least = std::numeric_limits<TestType>::min();
  for (const Index n : {2, 3, 15, 64, 1000})
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
      auto row = test::Random(seed).values<TestType>(n);
      for (auto& value : row) value *= least;
      row[0] = -least / 2 - row[0] / 4;
      row[1] = row[0] + least;
      for (const double layer_eps : {0., 1e-5}) check_layer_norm<TestType>(row, layer_eps);
    }
}

TEMPLATE_TEST_CASE("layer norm of one step beside a large number all along is exact", "[layer_norm]",
                   SEQPOOL_TEST_REALS) {
  std::vector<TestType> row(100, TestType(1e4) + TestType(1) / 3);
  for (const std::size_t place : std::vector<std::size_t>{0, 1, 50, 99}) {
    auto stepped = row;
    stepped[place] = std::nextafter(row[0], TestType(2e4));
    check_layer_norm<TestType>(stepped, 0);
    check_layer_norm<TestType>(stepped, 1e-12);
  }
}

TEMPLATE_TEST_CASE("a row of one number all along gives the bias, whatever the number", "[layer_norm]",
                   SEQPOOL_TEST_REALS) {
  using Limits = std::numeric_limits<TestType>;
  const auto weight = test::Random(1).values<TestType>(37);
  const auto bias = test::Random(2).values<TestType>(37);
  for (const TestType value : {TestType(0), TestType(0.1), TestType(-1e4) / 3, Limits::denorm_min(), Limits::max()}) {
    const std::vector<TestType> row(37, value);
    for (const double layer_eps : {0., 1e-5, 1e-300}) {
      CHECK(layer_normed(LayerNorm{weight, bias, layer_eps}, row) == bias);
      CHECK(layer_normed(LayerNorm<TestType>{layer_eps}, row) == std::vector<TestType>(37, 0));
    }
  }
  CHECK(layer_normed(LayerNorm<TestType>{}, std::vector<TestType>{7}) == std::vector<TestType>{0});
}

TEMPLATE_TEST_CASE("a NaN, an infinity or a sum that overflows makes its row NaN", "[layer_norm]", SEQPOOL_TEST_REALS) {
  using Limits = std::numeric_limits<TestType>;
  for (const TestType bad : {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()})
    for (const std::size_t n : {std::size_t{1}, std::size_t{3}, std::size_t{40}})
      for (const std::size_t place : {std::size_t{0}, n / 2, n - 1})
        for (const TestType other : {TestType(0), Limits::denorm_min(), TestType(1)}) {
          std::vector<TestType> row(n, other);
          row[place] = bad;
          for (const TestType value : layer_normed(LayerNorm<TestType>{}, row)) CHECK(std::isnan(value));
        }
  for (const TestType other : {Limits::max(), -Limits::max() / 2, TestType(0)}) {
    std::vector<TestType> row(40, other);
    for (std::size_t f = 20; f < 40; ++f) row[f] = -Limits::max();
    for (const TestType value : layer_normed(LayerNorm<TestType>{}, row)) CHECK(std::isnan(value));
  }
}

TEST_CASE("layer norm gives the numbers of PyTorch", "[layer_norm]") {
  const std::vector<double> row{1, 2, 4, 9}, weight{1, -2, 3, 0.5}, bias{0.25, 0.5, -1, 0};
  const auto check = [&](const LayerNorm<double>& head, const std::vector<double>& expected) {
    const auto y = layer_normed(head, row);
    for (std::size_t f = 0; f < 4; ++f) CHECK(y[f] == ct::Approx(expected[f]).epsilon(1e-12));
  };
  check(LayerNorm{weight, bias}, {-0.7233280145068077, 1.797770686009077, -1.0, 0.8111066787556731});
  check(LayerNorm{weight, bias, 0.5}, {-0.6986832980505138, 1.7649110640673518, -1.0, 0.7905694150420949});
  check(LayerNorm{weight}, {-0.9733280145068077, 1.297770686009077, 0.0, 0.8111066787556731});
  check(LayerNorm<double>{1e-12}, {-0.9733285267845242, -0.6488856845230161, 0.0, 1.6222142113075402});
}

TEST_CASE("what a layer norm is made of", "[layer_norm]") {
  const std::vector<float> row{1, 2, 4};
  const std::vector<float> weight{1, 2, 3}, bias{4, 5, 6};
  const auto expected = layer_normed(LayerNorm{weight, bias}, row);
  Eigen::Tensor<float, 1> weight_tensor(3), bias_tensor(3);
  weight_tensor.setValues({1, 2, 3});
  bias_tensor.setValues({4, 5, 6});
  CHECK(layer_normed(LayerNorm{weight_tensor, bias_tensor}, row) == expected);
  CHECK(layer_normed(LayerNorm{Eigen::Vector3f(1, 2, 3), std::array<float, 3>{4, 5, 6}, 1e-5}, row) == expected);
  CHECK(layer_normed(LayerNorm{weight, 1}, row) == layer_normed(LayerNorm{weight, 1.}, row));
  CHECK(layer_normed(LayerNorm{weight, 1}, row) != layer_normed(LayerNorm{weight}, row));
  CHECK(layer_normed(LayerNorm{weight}, row) == layer_normed(LayerNorm{weight, std::vector<float>(3), 1e-5}, row));
  CHECK(layer_normed(LayerNorm<float>{1}, row) == layer_normed(LayerNorm<float>{1.}, row));
  CHECK(layer_normed(LayerNorm<float>{1}, row) != layer_normed(LayerNorm<float>{}, row));
  const LayerNorm head{weight, bias};
  const LayerNorm copy{head};
  STATIC_REQUIRE(std::is_same_v<decltype(copy), const LayerNorm<float>>);
  CHECK(layer_normed(copy, row) == expected);
  STATIC_REQUIRE(seqpool::Head<LayerNorm<Eigen::half>, float>);
  STATIC_REQUIRE(!seqpool::Head<LayerNorm<float>, double>);
  const std::vector<Eigen::half> half_weight(3, Eigen::half(1.f));
  STATIC_REQUIRE(std::is_same_v<decltype(LayerNorm{half_weight, 1e-12}), LayerNorm<Eigen::half>>);
}

TEST_CASE("Guarantee 7: a layer norm names the sizes and the eps that do not fit", "[guarantees][layer_norm]") {
  const std::vector<float> three(3), four(4);
  CHECK_THROWS_AS((LayerNorm{three, four}), std::invalid_argument);
  CHECK_THROWS_WITH((LayerNorm{three, four}), ct::has_substring("weight is [3]") && ct::has_substring("bias is [4]"));
  CHECK_THROWS_AS((LayerNorm{three, std::vector<float>()}), std::invalid_argument);
  CHECK_THROWS_WITH(LayerNorm{three}.width(4),
                    ct::has_substring("vectors of 4 features") && ct::has_substring("[features] is [3]"));
  CHECK_THROWS_AS(LayerNorm{std::vector<float>()}.width(1), std::invalid_argument);
  CHECK((LayerNorm{three}.width(3) == 3 && LayerNorm<float>{}.width(7) == 7));
  for (const double bad : {-1e-300, -1., HUGE_VAL, std::nan("")}) {
    CHECK_THROWS_AS(LayerNorm<float>{bad}, std::invalid_argument);
    CHECK_THROWS_AS((LayerNorm{three, bad}), std::invalid_argument);
    CHECK_THROWS_AS((LayerNorm{three, three, bad}), std::invalid_argument);
  }
  CHECK_THROWS_WITH(LayerNorm<float>{-1}, ct::has_substring("eps is -1:") && ct::has_substring("0 or more"));
  CHECK_NOTHROW(LayerNorm<float>{0});
  using Null = Eigen::TensorMap<const Eigen::Tensor<float, 1>>;
  CHECK_THROWS_AS(LayerNorm{Null(nullptr, 3)}, std::invalid_argument);
  CHECK_THROWS_AS((LayerNorm{three, Null(nullptr, 3)}), std::invalid_argument);
}

TEST_CASE("a layer norm of no rows and no features is one like others", "[layer_norm]") {
  CHECK(seqpool::map(LayerNorm<float>{}, Eigen::Tensor<float, 2, Eigen::RowMajor>(3, 0)).dimension(0) == 3);
  CHECK(seqpool::map(LayerNorm{std::vector<float>()}, Eigen::Tensor<float, 2>(3, 0)).dimension(1) == 0);
  CHECK(seqpool::map(LayerNorm<float>{}, Eigen::Tensor<float, 2>(0, 3)).dimension(1) == 3);
  const seqpool::Sequential behind{LayerNorm<float>{},
                                   seqpool::Linear{Eigen::MatrixXf(2, 0), std::array<float, 2>{5, 6}}};
  CHECK(seqpool::map(behind, Eigen::Tensor<float, 2>(3, 0))(2, 1) == 6);
}

TEMPLATE_TEST_CASE("Guarantee 4: layer norm's gradients keep their bound at any offset and scale",
                   "[guarantees][layer_norm][gradient]", SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  using Real = long double;
  const auto eps = static_cast<Real>(std::numeric_limits<A>::epsilon());
  const auto check = [&](const std::vector<A>& row, double layer_eps) {
    const Index n = static_cast<Index>(row.size());
    const auto count = static_cast<Real>(n);
    const auto weight = test::Random(8).values<TestType>(n, -2, 2);
    const auto d_y = test::Random(10).values<A>(n, -1, 3);
    std::vector<A> own(2 * row.size());
    const auto d_x = test::gone_back<A>(LayerNorm{weight, weight, layer_eps}, row, d_y, own);
    const auto z = normed_exactly(row, static_cast<Real>(layer_eps));
    Real mean = 0, variance = 0, mean_v = 0, along = 0, largest = 0;
    for (const A x : row) mean += (static_cast<Real>(x) - static_cast<Real>(row[0])) / count;
    std::vector<Real> v;
    for (std::size_t f = 0; f < row.size(); ++f) {
      const Real difference = static_cast<Real>(row[f]) - static_cast<Real>(row[0]) - mean;
      variance += difference * difference / count;
      v.push_back(static_cast<Real>(seqpool::widen(weight[f])) * static_cast<Real>(d_y[f]));
      mean_v += v[f] / count, along += v[f] * z[f] / count;
      largest = std::fmax(largest, std::abs(v[f]));
    }
    const Real sigma = std::sqrt(variance + static_cast<Real>(layer_eps));
    for (std::size_t f = 0; f < row.size(); ++f) {
      const Real expected = (v[f] - mean_v - z[f] * along) / sigma;
      INFO("n " << n << " feature " << f << " d_x " << d_x[f] << ", not " << expected);
      REQUIRE(std::abs(static_cast<Real>(d_x[f]) - expected) <=
              (count / 2 + 192) * eps * (1 + std::abs(z[f])) * largest / sigma +
                  static_cast<Real>(std::numeric_limits<A>::min()));
      REQUIRE(std::abs(static_cast<Real>(own[f]) - static_cast<Real>(d_y[f]) * z[f]) <=
              (count / 16 + 34) * eps * (1 + std::abs(z[f])) * 3);
      REQUIRE(own[f + row.size()] == d_y[f]);
    }
  };
  for (const Index n : {2, 3, 16, 17, 384, 1023})
    for (const double offset : {0., 1., -1e4, 1e6})
      for (const double noise : {1., 1e3})
        check(test::Random(static_cast<std::uint64_t>(n)).values<A>(n, offset - noise, offset + noise), 1e-5);
  for (const A scale : {std::numeric_limits<A>::max() / 1000, std::numeric_limits<A>::min() * A(1e6)}) {
    auto row = test::Random(7).values<A>(64);
    for (auto& value : row) value *= scale;
    check(row, 1e-5);
  }
}

TEST_CASE("a layer norm without a bias, or without both, learns what it has", "[layer_norm][gradient]") {
  const std::vector<double> row{1, 2, 4}, d_y{1, -1, 2}, weight{2, 1, 1};
  std::vector<double> own(3), both(6);
  const auto d_x = test::gone_back<double>(LayerNorm{weight}, row, d_y, own);
  CHECK(test::gone_back<double>(LayerNorm{weight, weight}, row, d_y, both) == d_x);
  CHECK(std::vector<double>(both.begin(), both.begin() + 3) == own);
  CHECK(std::vector<double>(both.begin() + 3, both.end()) == d_y);
  CHECK(test::gone_back<double>(LayerNorm<double>{}, row, {2, -1, 2}) == d_x);
  // Equal numbers have no slope, unless an eps gives them one.
  CHECK(test::gone_back<double>(LayerNorm<double>{0}, {3, 3}, {1, 5}) == std::vector<double>{0, 0});
  CHECK(test::gone_back<double>(LayerNorm<double>{0.25}, {3, 3}, {1, 5}) == std::vector<double>{-4, 4});
}
