// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_DETAIL_ACTIVATIONS_HPP
#define SEQPOOL_DETAIL_ACTIVATIONS_HPP

#include <seqpool/scalar.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>

namespace seqpool::inline SEQPOOL_ABI::detail {

// y[f] = tanh(x[f]); the two may be the same row. Of float Eigen's, which is vector code, by eight, also at the end of
// a row: single numbers would go by another function.
inline void tanh_of(std::span<const float> x, std::span<float> y) {
  constexpr std::size_t chunk = 8;
  for (std::size_t f = 0; f < x.size(); f += chunk) {
    const std::size_t n = (std::min)(chunk, x.size() - f);
    Eigen::Array<float, chunk, 1> part = Eigen::Array<float, chunk, 1>::Zero();
    std::copy_n(x.data() + f, n, part.data());
    part = part.tanh().eval();
    std::copy_n(part.data(), n, y.data() + f);
  }
}
inline void tanh_of(std::span<const double> x, std::span<double> y) {
  std::transform(x.begin(), x.end(), y.begin(), [](double value) { return std::tanh(value); });
}

// y[f] = gelu(x[f]), likewise. By the complement, of which small values keep their digits, where 1 + erf cancels.
template <class A>
void gelu_of(std::span<const A> x, std::span<A> y) {
  std::transform(x.begin(), x.end(), y.begin(),
                 [](A value) { return value / 2 * std::erfc(-value * (std::numbers::sqrt2_v<A> / 2)); });
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail

#endif
