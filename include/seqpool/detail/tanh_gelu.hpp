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

// y[f] = tanh(x[f]); the two may be the same row. Of float Eigen's, which is vector code, by eight, also at the end of
// a row: single numbers would go by another function.
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

// y[f] = gelu(x[f]), likewise. By the complement, of which small values keep their digits, where 1 + erf cancels.
template <class A> void gelu_of(std::span<const A> x, std::span<A> y) {
  std::transform(x.begin(), x.end(), y.begin(),
                 [](A value) { return value / 2 * std::erfc(-value * (std::numbers::sqrt2_v<A> / 2)); });
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
