// SPDX-License-Identifier: MIT
#include <seqpool/head/activate.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <seqpool/head/dense.hpp>
#include <seqpool/head/probabilities.hpp>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "support/head_gradients.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

using seqpool::Activate;
using seqpool::Activation;
using seqpool::Index;

namespace {

constexpr std::array all_activations{Activation::identity,  Activation::tanh, Activation::relu,   Activation::gelu,
                                     Activation::gelu_tanh, Activation::silu, Activation::sigmoid};

template <class A> std::vector<A> activated(Activation activation, const std::vector<A>& row) {
  const Index n = static_cast<Index>(row.size());
  const Eigen::TensorMap<const Eigen::Tensor<const A, 2, Eigen::RowMajor>> x(row.data(), 1, n);
  const auto y = seqpool::map(Activate{activation}, x);
  return {y.data(), y.data() + n};
}
template <class A> A activated(Activation activation, A x) { return activated(activation, std::vector<A>{x})[0]; }

// What it is, and how much of eps it may miss it by; by formulas in which nothing cancels.
struct Activated {
  long double value;
  long double bound;
};
Activated exactly(Activation activation, long double x) {
  const long double u = std::sqrt(2 / std::acos(-1.0L)) * (x + 0.044715L * x * x * x);
  switch (activation) {
    case Activation::identity:
      return {x, 0};
    case Activation::tanh:
      return {std::tanh(x), 4};
    case Activation::relu:
      return {std::fmax(x, 0.0L), 0};
    case Activation::gelu:
      return {x / 2 * std::erfc(-x / std::sqrt(2.0L)), 8 + std::fmin(x, 0.0L) * x};
    case Activation::gelu_tanh:
      return {x / (1 + std::exp(-2 * u)), 8 - 8 * std::fmin(u, 0.0L)};
    case Activation::silu:
      return {x / (1 + std::exp(-x)), 8};
    case Activation::sigmoid:
      return {1 / (1 + std::exp(-x)), 4};
  }
  return {0, 0};
}

// The slope as a sum of two terms in which nothing cancels, and how much of eps * (their sizes) it may miss it by.
struct Slope {
  long double first, second, bound;
};
Slope exact_slope(Activation activation, long double x) {
  // x / (1 + e^-t): s and x t' s (1 - s).
  const auto gated = [x](long double t, long double dt, long double bound) {
    const long double e = std::exp(-std::abs(t));
    return Slope{(t < 0 ? e : 1) / (1 + e), x * dt * e / ((1 + e) * (1 + e)), bound};
  };
  const long double root = std::sqrt(2 / std::acos(-1.0L));
  const long double e = std::exp(-std::abs(x));
  switch (activation) {
    case Activation::identity:
      return {1, 0, 0};
    case Activation::tanh:
      return {4 * e * e / ((1 + e * e) * (1 + e * e)), 0, 8};
    case Activation::relu:
      return {x > 0 ? 1.0L : 0.0L, 0, 0};
    case Activation::gelu:
      return {std::erfc(-x / std::sqrt(2.0L)) / 2, x * root / 2 * std::exp(-x * x / 2), 8 + x * x};
    case Activation::gelu_tanh:
      return gated(2 * root * (x + 0.044715L * x * x * x), 2 * root * (1 + 3 * 0.044715L * x * x),
                   8 + 8 * std::abs(root * (x + 0.044715L * x * x * x)));
    case Activation::silu:
      return gated(x, 1, 8);
    case Activation::sigmoid:
      return {e / ((1 + e) * (1 + e)), 0, 8};
  }
  return {0, 0, 0};
}

template <class A> std::vector<A> slopes(Activation activation, const std::vector<A>& row) {
  return test::gone_back(Activate{activation}, row, std::vector<A>(row.size(), A(1)));
}

// Numbers of every size that there is, and many of those where an activation is not yet flat.
template <class A> std::vector<A> numbers_of_every_size() {
  using Limits = std::numeric_limits<A>;
  test::Random random(1);
  std::vector<A> x{0, Limits::denorm_min(), Limits::min(), Limits::max(), A(1)};
  for (int exponent = Limits::min_exponent - Limits::digits; exponent < Limits::max_exponent; ++exponent)
    for (int i = 0; i < 4; ++i) x.push_back(std::ldexp(static_cast<A>(random.between(1, 2)), exponent));
  const double widest = -std::log(static_cast<double>(Limits::min())) + 4;
  for (int i = 0; i < 4000; ++i) {
    x.push_back(static_cast<A>(random.between(0, 2)));
    x.push_back(static_cast<A>(random.between(0, 15)));
    x.push_back(static_cast<A>(random.between(0, 40)));
    x.push_back(static_cast<A>(random.between(0, widest)));
  }
  const std::size_t n = x.size();
  for (std::size_t i = 0; i < n; ++i) x.push_back(-x[i]);
  return x;
}

}  // namespace

TEMPLATE_TEST_CASE("Guarantee 4: activations keep their bounds at numbers of every size", "[guarantees][activate]",
                   SEQPOOL_TEST_REALS) {
  using Limits = std::numeric_limits<TestType>;
  const auto x = numbers_of_every_size<TestType>();
  for (const Activation activation : all_activations) {
    const auto y = activated(activation, x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto [value, bound] = exactly(activation, static_cast<long double>(x[i]));
      const long double error = std::abs(static_cast<long double>(y[i]) - value);
      const long double smallest = static_cast<long double>(Limits::min());
      INFO(seqpool::name_of(activation) << " of " << x[i] << " is " << y[i] << ", not " << value);
      REQUIRE(std::isfinite(y[i]));
      if (std::abs(value) >= smallest || bound == 0)
        REQUIRE(error <= bound * static_cast<long double>(Limits::epsilon()) * std::abs(value));
      else
        REQUIRE(error < smallest);
    }
  }
}

TEMPLATE_TEST_CASE("Guarantee 4: slopes of activations keep their bounds at numbers of every size",
                   "[guarantees][activate][gradient]", SEQPOOL_TEST_REALS) {
  using Limits = std::numeric_limits<TestType>;
  const auto x = numbers_of_every_size<TestType>();
  for (const Activation activation : all_activations) {
    const auto found = slopes(activation, x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto [first, second, bound] = exact_slope(activation, static_cast<long double>(x[i]));
      const long double size = std::abs(first) + std::abs(second);
      INFO("slope of " << seqpool::name_of(activation) << " at " << x[i] << " is " << found[i] << ", not "
                       << first + second);
      REQUIRE(std::isfinite(found[i]));
      REQUIRE(std::abs(static_cast<long double>(found[i]) - (first + second)) <=
              (bound == 0 ? 0
                          : bound * static_cast<long double>(Limits::epsilon()) * size +
                                static_cast<long double>(Limits::min())));
    }
  }
}

TEMPLATE_TEST_CASE("slopes at zeros, infinities and NaN", "[activate][gradient]", SEQPOOL_TEST_REALS) {
  const TestType inf = std::numeric_limits<TestType>::infinity();
  using Row = std::vector<TestType>;
  const Row ends{-inf, -TestType(0), 0, inf};
  CHECK(slopes(Activation::relu, ends) == Row{0, 0, 0, 1});  // PyTorch's choice at 0
  CHECK(slopes(Activation::tanh, ends) == Row{0, 1, 1, 0});
  CHECK(slopes(Activation::sigmoid, ends) == Row{0, TestType(0.25), TestType(0.25), 0});
  CHECK(slopes(Activation::silu, ends) == Row{0, TestType(0.5), TestType(0.5), 1});
  CHECK(slopes(Activation::gelu_tanh, ends) == Row{0, TestType(0.5), TestType(0.5), 1});
  CHECK(slopes(Activation::gelu, Row{-TestType(0), 0}) == Row{TestType(0.5), TestType(0.5)});
  for (const Activation activation :
       {Activation::tanh, Activation::gelu, Activation::gelu_tanh, Activation::silu, Activation::sigmoid})
    CHECK(std::isnan(slopes(activation, Row{std::numeric_limits<TestType>::quiet_NaN()})[0]));
}

TEST_CASE("the slope of tanh keeps its digits where tanh is 1", "[activate][gradient]") {
  // 4 e^-20 and 4 e^-60; 1 - tanh^2 would be 0.
  CHECK(slopes(Activation::tanh, std::vector<float>{10, -30})[0] == ct::Approx(8.244614546e-9).epsilon(1e-6));
  CHECK(slopes(Activation::tanh, std::vector<float>{10, -30})[1] == ct::Approx(3.502604e-26).epsilon(1e-5));
  CHECK(slopes(Activation::sigmoid, std::vector<double>{40})[0] == ct::Approx(4.248354255291589e-18).epsilon(1e-12));
}

TEST_CASE("activations give the numbers of PyTorch", "[activate]") {
  const auto check = [](Activation activation, const std::vector<double>& expected) {
    const auto y = activated<double>(activation, {-1, -0.5, 0, 0.5, 2});
    for (std::size_t i = 0; i < y.size(); ++i) {
      INFO(seqpool::name_of(activation) << " " << i);
      CHECK(y[i] == ct::Approx(expected[i]).epsilon(1e-12));
    }
  };
  check(Activation::identity, {-1.0, -0.5, 0.0, 0.5, 2.0});
  check(Activation::tanh, {-0.7615941559557649, -0.46211715726000974, 0.0, 0.46211715726000974, 0.9640275800758169});
  check(Activation::relu, {0.0, 0.0, 0.0, 0.5, 2.0});
  check(Activation::gelu, {-0.15865525393145702, -0.15426876936299344, 0.0, 0.34573123063700656, 1.9544997361036416});
  check(Activation::gelu_tanh,
        {-0.15880800939172324, -0.15428599017485606, 0.0, 0.34571400982514394, 1.954597694087775});
  check(Activation::silu, {-0.2689414213699951, -0.1887703343990727, 0.0, 0.3112296656009273, 1.7615941559557646});
  check(Activation::sigmoid, {0.2689414213699951, 0.3775406687981454, 0.5, 0.6224593312018546, 0.8807970779778823});
}

TEMPLATE_TEST_CASE("activations at infinities, the largest numbers, zeros and NaN", "[activate]", SEQPOOL_TEST_REALS) {
  using Limits = std::numeric_limits<TestType>;
  const TestType inf = Limits::infinity();
  const TestType largest = Limits::max();
  struct Limit {
    Activation activation;
    TestType low, high;
  };
  for (const auto [activation, low, high] : {Limit{Activation::identity, -inf, inf}, Limit{Activation::tanh, -1, 1},
                                             Limit{Activation::relu, 0, inf}, Limit{Activation::sigmoid, 0, 1}}) {
    CHECK(activated(activation, -inf) == low);
    CHECK(activated(activation, inf) == high);
  }
  for (const Activation activation : {Activation::gelu, Activation::gelu_tanh, Activation::silu}) {
    INFO(seqpool::name_of(activation));
    CHECK(std::isnan(activated(activation, -inf)));
    CHECK(activated(activation, inf) == inf);
    CHECK(activated(activation, largest) == largest);
    CHECK(activated(activation, -largest) == 0);
  }
  CHECK(activated(Activation::relu, largest) == largest);
  CHECK(activated(Activation::sigmoid, -largest) == 0);
  CHECK(std::signbit(activated(Activation::relu, -TestType(0))));
  CHECK(!std::signbit(activated(Activation::relu, TestType(-1))));
  for (const Activation activation : all_activations) {
    const TestType zero = activation == Activation::sigmoid ? TestType(0.5) : TestType(0);
    CHECK(activated(activation, TestType(0)) == zero);
    CHECK(activated(activation, -TestType(0)) == zero);
    CHECK(std::isnan(activated(activation, Limits::quiet_NaN())));
    CHECK(std::isnan(activated(activation, -Limits::quiet_NaN())));
  }
}

TEMPLATE_TEST_CASE("the activation sigmoid has the bits of the function", "[activate]", SEQPOOL_TEST_REALS) {
  const auto x = numbers_of_every_size<TestType>();
  const Index n = static_cast<Index>(x.size());
  const Eigen::TensorMap<const Eigen::Tensor<const TestType, 2, Eigen::RowMajor>> logits(x.data(), 1, n);
  const auto expected = seqpool::sigmoid(logits);
  CHECK(activated(Activation::sigmoid, x) == std::vector<TestType>(expected.data(), expected.data() + n));
  CHECK(activated(Activation::sigmoid, -std::log(std::numeric_limits<TestType>::max()) - 4) > 0);
}

TEST_CASE("gelu and silu are right far below zero", "[activate]") {
  CHECK(activated(Activation::gelu, -10.f) == ct::Approx(-7.619853024160527e-23).epsilon(1e-5));
  CHECK(activated(Activation::gelu, -10.) == ct::Approx(-7.619853024160527e-23).epsilon(1e-13));
  CHECK(activated(Activation::silu, -90.f) == ct::Approx(-7.374612e-38).epsilon(1e-5));  // e^90 is no float
}

TEST_CASE("an activation may be applied where the rows are", "[activate]") {
  for (const Activation activation : all_activations) {
    auto values = test::Random(3).values<float>(12);
    const auto row = std::vector<float>(values.begin() + 4, values.begin() + 7);
    const auto other = values[7];
    const seqpool::Rows<float> rows(values.data(), 3, 3, 4);
    Activate{activation}.map(rows, rows);
    const auto expected = activated(activation, row);
    for (std::size_t f = 0; f < 3; ++f) CHECK(rows[1][f] == expected[f]);
    CHECK(values[7] == other);  // between two rows
  }
}

TEST_CASE("activations have the names that models give them", "[activate]") {
  STATIC_REQUIRE(name_of(Activation::identity) == "identity");
  STATIC_REQUIRE(name_of(Activation::tanh) == "tanh");
  STATIC_REQUIRE(name_of(Activation::relu) == "relu");
  STATIC_REQUIRE(name_of(Activation::gelu) == "gelu");
  STATIC_REQUIRE(name_of(Activation::gelu_tanh) == "gelu_tanh");
  STATIC_REQUIRE(name_of(Activation::silu) == "silu");
  STATIC_REQUIRE(name_of(Activation::sigmoid) == "sigmoid");
  CHECK(Activate{Activation::silu}.activation() == Activation::silu);
  CHECK(Activate{Activation::silu}.width(7) == 7);
}

TEST_CASE("a number that is no activation is refused, in a Dense too", "[activate]") {
  const auto none = static_cast<seqpool::Activation>(7);
  CHECK_THROWS_AS(seqpool::Activate{none}, std::invalid_argument);
  CHECK_THROWS_WITH(seqpool::Activate{none}, ct::has_substring("Activate{7}: there is no such Activation"));
  const seqpool::Linear linear{Eigen::Tensor<float, 2>(2, 2)};
  CHECK_THROWS_WITH((seqpool::Dense{linear, none}), ct::has_substring("there is no such Activation"));
}
