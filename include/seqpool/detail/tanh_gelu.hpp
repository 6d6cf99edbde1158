// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/compiler.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>

namespace seqpool::inline SEQPOOL_ABI::detail {

// y[f] = tanh(x[f]); x and y may be the same row. For float it is Eigen's tanh, which is vector code. It always takes
// eight numbers, also at the end of a row, because single numbers would go through another function.
SEQPOOL_FLATTEN inline void tanh_of(std::span<const float> x, std::span<float> y) {
  constexpr std::size_t lanes = 8;
  using Lanes = Eigen::Array<float, lanes, 1>;
  std::size_t f = 0;
  for (; f + lanes <= x.size(); f += lanes) {
    const Lanes part = Eigen::Map<const Lanes>(x.data() + f);
    Eigen::Map<Lanes>(y.data() + f) = part.tanh().eval();
  }
  Lanes rest = Lanes::Zero();
  std::copy(x.begin() + static_cast<std::ptrdiff_t>(f), x.end(), rest.data());
  rest = rest.tanh().eval();
  std::copy_n(rest.data(), x.size() - f, y.data() + f);
}
inline void tanh_of(std::span<const double> x, std::span<double> y) {
  std::transform(x.begin(), x.end(), y.begin(), [](double value) { return std::tanh(value); });
}

// y[f] = gelu(x[f]); x and y may be the same row. It uses the complement erfc, whose small values keep their digits;
// 1 + erf would cancel.
template <class A> void gelu_of(std::span<const A> x, std::span<A> y) {
  std::transform(x.begin(), x.end(), y.begin(),
                 [](A value) { return value / 2 * std::erfc(-value * (std::numbers::sqrt2_v<A> / 2)); });
}

// The slope of tanh, from its value y: 1 - y^2.
template <class A> A tanh_slope(A y) { return (1 - y) * (1 + y); }

// The slope of gelu at x: Phi(x) + x * phi(x), of the standard normal distribution.
template <class A> A gelu_slope(A x) {
  constexpr A per_width = std::numbers::inv_sqrtpi_v<A> * (std::numbers::sqrt2_v<A> / 2);  // 1 / sqrt(2 pi)
  return std::erfc(-x * (std::numbers::sqrt2_v<A> / 2)) / 2 + x * per_width * std::exp(-x * x / 2);
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
