// SPDX-License-Identifier: MIT
#include <seqpool/detail/tanh_gelu.hpp>

#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

// Their bounds are those of seqpool::Activate, held by activate_test.cpp.
TEMPLATE_TEST_CASE("an activation's bits are each number's own, in place too", "[tanh_gelu]", SEQPOOL_TEST_REALS) {
  using seqpool::detail::gelu_of;
  using seqpool::detail::tanh_of;
  const auto x = test::Random(3).values<TestType>(67, -4, 4);
  std::vector<TestType> tanhs(x.size()), gelus(x.size());
  tanh_of(std::span<const TestType>(x), std::span<TestType>(tanhs));
  gelu_of<TestType>(x, gelus);
  for (std::size_t i = 0; i < x.size(); ++i) {
    CHECK(tanhs[i] == ct::Approx(std::tanh(x[i])));
    CHECK(gelus[i] == ct::Approx(x[i] / 2 * std::erfc(-x[i] / std::sqrt(TestType(2)))));
  }
  for (std::size_t first = 0; first < x.size(); ++first) {
    std::vector<TestType> row(x.begin() + static_cast<std::ptrdiff_t>(first), x.end());
    tanh_of(std::span<const TestType>(row), std::span<TestType>(row));
    CHECK(std::vector<TestType>(tanhs.begin() + static_cast<std::ptrdiff_t>(first), tanhs.end()) == row);
  }
  std::vector<TestType> row = x;
  gelu_of<TestType>(row, row);
  CHECK(row == gelus);
}

TEMPLATE_TEST_CASE("slopes are within 4 eps of those by the formula", "[tanh_gelu]", SEQPOOL_TEST_REALS) {
  using Real = long double;
  const auto bound = 4 * static_cast<Real>(std::numeric_limits<TestType>::epsilon());
  const Real root_2_pi = std::sqrt(8 * std::atan(Real(1)));
  for (const TestType x : test::Random(4).values<TestType>(1000, -6, 6)) {
    const Real y = std::tanh(static_cast<Real>(x)), e = std::exp(-static_cast<Real>(x) * static_cast<Real>(x) / 2);
    const Real phi = std::erfc(-static_cast<Real>(x) / std::sqrt(Real(2))) / 2;
    CHECK(std::abs(static_cast<Real>(seqpool::detail::tanh_slope(static_cast<TestType>(y))) - (1 - y * y)) <= bound);
    CHECK(std::abs(static_cast<Real>(seqpool::detail::gelu_slope(x)) - (phi + static_cast<Real>(x) * e / root_2_pi)) <=
          bound);
  }
  CHECK(seqpool::detail::tanh_slope(TestType(1)) == 0);
  CHECK(seqpool::detail::gelu_slope(TestType(0)) == TestType(0.5));
  CHECK(seqpool::detail::gelu_slope(TestType(40)) == 1);
  CHECK(seqpool::detail::gelu_slope(TestType(-40)) == 0);
}
