// SPDX-License-Identifier: MIT
#include <seqpool/head/affine.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <seqpool/head/probabilities.hpp>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/head_gradients.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

using seqpool::Affine;
using seqpool::Index;

namespace {

template <class T, class A> std::vector<A> scaled_and_shifted(const Affine<T>& head, const std::vector<A>& row) {
  const Index n = static_cast<Index>(row.size());
  const Eigen::TensorMap<const Eigen::Tensor<const A, 2, Eigen::RowMajor>> x(row.data(), 1, n);
  const auto y = seqpool::map(head, x);
  return {y.data(), y.data() + n};
}

}  // namespace

TEMPLATE_TEST_CASE("Guarantee 4: affine is scale times x plus shift, within its bound", "[guarantees][affine]",
                   SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  const long double eps = static_cast<long double>(std::numeric_limits<A>::epsilon());
  for (const Index n : {1, 2, 15, 16, 17, 31, 100})
    for (const double size : {1., 1e-3, 1e4}) {
      const auto row = test::Random(static_cast<std::uint64_t>(n)).values<A>(n, -size, size);
      const auto scale = test::Random(1).values<TestType>(n, -2, 2);
      const auto shift = test::Random(2).values<TestType>(n);
      const auto by_feature = scaled_and_shifted(Affine{scale, shift}, row);
      const auto by_number = scaled_and_shifted(Affine{scale[0], shift[0]}, row);
      const auto check = [&](A y, A x, TestType s, TestType t) {
        const long double product = static_cast<long double>(seqpool::widen(s)) * static_cast<long double>(x);
        const long double added = static_cast<long double>(seqpool::widen(t));
        return std::abs(static_cast<long double>(y) - (product + added)) <=
               2 * eps * (std::abs(product) + std::abs(added));
      };
      for (std::size_t f = 0; f < row.size(); ++f) {
        INFO("n " << n << " feature " << f);
        CHECK(check(by_feature[f], row[f], scale[f], shift[f]));
        CHECK(check(by_number[f], row[f], scale[0], shift[0]));
      }
    }
}

TEST_CASE("a scale and a shift are numbers for all features, or one for each", "[affine]") {
  const std::vector<float> row{1, 2, -4};
  CHECK(scaled_and_shifted(Affine{2.f, 1.f}, row) == std::vector<float>{3, 5, -7});
  const std::vector<float> scale{1, 10, 100}, shift{-1, 0, 1};
  const std::vector<float> expected{0, 20, -399};
  CHECK(scaled_and_shifted(Affine{scale, shift}, row) == expected);
  CHECK(scaled_and_shifted(Affine{Eigen::Vector3f(1, 10, 100), std::array<float, 3>{-1, 0, 1}}, row) == expected);
  Eigen::Tensor<float, 1> tensor(3);
  tensor.setValues({1, 10, 100});
  CHECK(scaled_and_shifted(Affine{tensor, shift}, row) == expected);
  const Affine copy{Affine{scale, shift}};
  CHECK(scaled_and_shifted(copy, row) == expected);
  STATIC_REQUIRE(std::is_same_v<decltype(Affine{2., 1.}), Affine<double>>);
  STATIC_REQUIRE(std::is_same_v<decltype(Affine{Eigen::half(2.f), Eigen::half(1.f)}), Affine<Eigen::half>>);
  STATIC_REQUIRE(std::is_same_v<decltype(copy), const Affine<float>>);
  STATIC_REQUIRE(seqpool::Head<Affine<Eigen::bfloat16>, float>);
  STATIC_REQUIRE(!seqpool::Head<Affine<double>, float>);
}

TEMPLATE_TEST_CASE("a temperature divides", "[affine]", SEQPOOL_TEST_REALS) {
  using Limits = std::numeric_limits<TestType>;
  const auto row = test::Random(1).values<TestType>(33, -5, 5);
  for (const TestType t : {TestType(1), TestType(2), TestType(0.3), TestType(7), TestType(1e-10), TestType(1e10)}) {
    const auto y = scaled_and_shifted(Affine<TestType>::temperature(t), row);
    for (std::size_t f = 0; f < row.size(); ++f) {
      const long double exact = static_cast<long double>(row[f]) / static_cast<long double>(t);
      CHECK(std::abs(static_cast<long double>(y[f]) - exact) <=
            2 * static_cast<long double>(Limits::epsilon()) * std::abs(exact));
    }
  }
  CHECK(scaled_and_shifted(Affine<TestType>::temperature(2), row)[32] == row[32] / 2);
  for (const TestType bad : {TestType(0), -TestType(0), TestType(-1), Limits::infinity(), -Limits::infinity(),
                             Limits::quiet_NaN(), Limits::denorm_min()})
    CHECK_THROWS_AS(Affine<TestType>::temperature(bad), std::invalid_argument);
  CHECK_NOTHROW(Affine<TestType>::temperature(Limits::max()));
  CHECK_NOTHROW(Affine<TestType>::temperature(Limits::min()));
  CHECK_THROWS_WITH(Affine<TestType>::temperature(-2), ct::has_substring("temperature is -2:"));
}

TEST_CASE("a temperature of half weights is a float, and makes probabilities more even", "[affine]") {
  const auto cool = Affine<Eigen::half>::temperature(0.1f);
  CHECK(scaled_and_shifted(cool, std::vector<float>{3})[0] == ct::Approx(30));
  Eigen::Tensor<float, 2> logits(1, 2);
  logits.setValues({{2, 0}});
  const auto even = seqpool::softmax(seqpool::map(Affine<float>::temperature(4), logits));
  CHECK(even(0, 0) == ct::Approx(1 / (1 + std::exp(-0.5))));
}

TEST_CASE("an affine keeps NaN and infinities to their features", "[affine]") {
  const float inf_ = std::numeric_limits<float>::infinity();
  const auto y = scaled_and_shifted(Affine{-2.f, 1.f}, std::vector<float>{inf_, 1, std::nanf(""), -inf_});
  CHECK((y[0] == -inf_ && y[1] == -1 && std::isnan(y[2]) && y[3] == inf_));
}

TEST_CASE("Guarantee 7: an affine names the sizes that do not fit", "[guarantees][affine]") {
  const std::vector<float> three(3), four(4);
  CHECK_THROWS_AS((Affine{three, four}), std::invalid_argument);
  CHECK_THROWS_WITH((Affine{three, four}), ct::has_substring("scale is [3]") && ct::has_substring("shift is [4]"));
  CHECK_THROWS_WITH((Affine{three, three}.width(4)),
                    ct::has_substring("vectors of 4 features") && ct::has_substring("[features] is [3]"));
  CHECK_THROWS_AS((Affine{three, three}.width(2)), std::invalid_argument);
  CHECK_THROWS_AS((Affine{std::vector<float>(1), std::vector<float>(1)}.width(2)), std::invalid_argument);
  CHECK((Affine{three, three}.width(3) == 3 && Affine{1.f, 0.f}.width(7) == 7));
  using Null = Eigen::TensorMap<const Eigen::Tensor<float, 1>>;
  CHECK_THROWS_AS((Affine{three, Null(nullptr, 3)}), std::invalid_argument);
}

TEST_CASE("an affine of no rows and no features is one like others", "[affine]") {
  CHECK(seqpool::map(Affine{1.f, 2.f}, Eigen::Tensor<float, 2, Eigen::RowMajor>(3, 0)).dimension(0) == 3);
  const std::vector<float> none;
  CHECK(seqpool::map(Affine{none, none}, Eigen::Tensor<float, 2>(3, 0)).dimension(1) == 0);
  CHECK_THROWS_AS((Affine{none, none}.width(1)), std::invalid_argument);
  CHECK(seqpool::map(Affine{1.f, 2.f}, Eigen::Tensor<float, 2>(0, 3)).dimension(1) == 3);
}

TEST_CASE("an affine head learns a scale and a shift, for all features or for each", "[affine][gradient]") {
  using Row = std::vector<float>;
  const Row x{1, 2, -3}, d_y{4, 0.5f, 2};
  Row of_all{10, 20}, of_each(6, 1);
  CHECK(test::gone_back<float>(Affine{2.f, 7.f}, x, d_y, of_all) == Row{8, 1, 4});
  CHECK(of_all == Row{10 + 4 + 1 - 6, 20 + 6.5f});
  CHECK(test::gone_back<float>(Affine{Row{2, -1, 0}, Row{7, 8, 9}}, x, d_y, of_each) == Row{8, -0.5f, 0});
  CHECK(of_each == Row{5, 2, -5, 5, 1.5f, 3});
  // A temperature is a scale, and what it becomes is one.
  const auto other = seqpool::with_parameters(Affine<float>::temperature(2), std::vector<double>{3, 1});
  CHECK(seqpool::map(other, Eigen::Tensor<float, 2>(1, 1).setConstant(5))(0, 0) == 16);
}
