// SPDX-License-Identifier: MIT
#include <seqpool/detail/exponential.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

namespace {

template <class A> constexpr double eps_of = static_cast<double>(std::numeric_limits<A>::epsilon());

// |result - exact| in eps of the exact result.
template <class A> double error_of(A result, long double exact) {
  return static_cast<double>(std::abs((static_cast<long double>(result) - exact) / exact)) / eps_of<A>;
}

}  // namespace

TEMPLATE_TEST_CASE("exponential is within its bound where the result is normal", "[exponential]", SEQPOOL_TEST_REALS) {
  const double low = std::is_same_v<TestType, float> ? -87.3 : -708.3;
  const double high = std::is_same_v<TestType, float> ? 88.3 : 709.4;
  test::Random random(1);
  double worst = 0;
  for (int i = 0; i < 100000; ++i)
    for (const double scale : {1.0, 1e-2, 1e-5}) {
      const auto x = static_cast<TestType>(random.between(low, high) * scale);
      worst = std::max(worst, error_of(seqpool::detail::exponential(x), std::exp(static_cast<long double>(x))));
    }
  CHECK(worst <= 1);
}

TEMPLATE_TEST_CASE("exponential at its edges", "[exponential]", SEQPOOL_TEST_REALS) {
  using seqpool::detail::exponential;
  constexpr bool is_float = std::is_same_v<TestType, float>;
  constexpr TestType infinity = std::numeric_limits<TestType>::infinity();
  constexpr TestType smallest = (std::numeric_limits<TestType>::min)();
  CHECK(exponential(TestType(0)) == 1);
  CHECK(exponential(-TestType(0)) == 1);
  CHECK(exponential(smallest) == 1);
  CHECK(exponential(-infinity) == 0);
  CHECK(exponential(std::numeric_limits<TestType>::lowest()) == 0);
  CHECK(exponential(TestType(is_float ? -87.5 : -708.5)) == 0);
  CHECK(exponential(TestType(is_float ? -87.33 : -708.39)) >= smallest);
  CHECK(exponential(infinity) == infinity);
  CHECK(exponential((std::numeric_limits<TestType>::max)()) == infinity);
  CHECK(exponential(TestType(is_float ? 88.31 : 709.41)) == infinity);
  CHECK(exponential(TestType(is_float ? 88.29 : 709.39)) < infinity);
  CHECK(std::isnan(exponential(std::numeric_limits<TestType>::quiet_NaN())));
  CHECK(std::isnan(exponential(-std::numeric_limits<TestType>::quiet_NaN())));
}

TEMPLATE_TEST_CASE("logarithms are within their bounds", "[exponential]", SEQPOOL_TEST_REALS) {
  const double range = std::is_same_v<TestType, float> ? 87 : 708;
  test::Random random(2);
  double log = 0, log_one_plus = 0;
  for (int i = 0; i < 100000; ++i)
    for (const double scale : {1.0, 1e-1, 1e-3, 1e-6}) {
      const auto x = static_cast<TestType>(std::exp(random.between(-range, range) * scale));
      const auto exact = static_cast<long double>(x);
      if (x != 1) log = std::max(log, error_of(seqpool::detail::logarithm(x), std::log(exact)));
      log_one_plus = std::max(log_one_plus, error_of(seqpool::detail::log_one_plus(x), std::log1p(exact)));
    }
  CHECK(log <= 1);
  CHECK(log_one_plus <= 2);
}

TEMPLATE_TEST_CASE("logarithms at their edges", "[exponential]", SEQPOOL_TEST_REALS) {
  using seqpool::detail::log_one_plus;
  using seqpool::detail::logarithm;
  using Limits = std::numeric_limits<TestType>;
  CHECK(logarithm(TestType(1)) == 0);
  CHECK(logarithm(TestType(0)) == -Limits::infinity());
  CHECK(logarithm(-TestType(0)) == -Limits::infinity());
  CHECK(logarithm(TestType(-3)) == -Limits::infinity());
  CHECK(logarithm(Limits::denorm_min()) == -Limits::infinity());
  CHECK(error_of(logarithm((Limits::min)()), std::log(static_cast<long double>((Limits::min)()))) <= 1);
  CHECK(error_of(logarithm((Limits::max)()), std::log(static_cast<long double>((Limits::max)()))) <= 1);
  CHECK(logarithm(Limits::infinity()) == Limits::infinity());
  CHECK(std::isnan(logarithm(Limits::quiet_NaN())));
  CHECK(std::isnan(logarithm(-Limits::quiet_NaN())));

  CHECK(log_one_plus(TestType(0)) == 0);
  CHECK(log_one_plus(-TestType(0)) == 0);
  CHECK(log_one_plus(Limits::denorm_min()) == Limits::denorm_min());
  CHECK(log_one_plus((Limits::min)()) == (Limits::min)());
  CHECK(error_of(log_one_plus((Limits::max)()), std::log1p(static_cast<long double>((Limits::max)()))) <= 2);
  CHECK(log_one_plus(Limits::infinity()) == Limits::infinity());
  CHECK(std::isnan(log_one_plus(Limits::quiet_NaN())));
  CHECK(std::isnan(log_one_plus(-Limits::quiet_NaN())));
}
