// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_DETAIL_DOT_HPP
#define SEQPOOL_DETAIL_DOT_HPP

#include <seqpool/detail/scalar.hpp>

#include <array>
#include <cstddef>

namespace seqpool::detail {

// sum_h a[h] * b[h], of n features, in one fixed order of additions: 32 partial sums, then a tree. So the
// bits depend on n alone, and not on addresses, on SIMD width or on what is computed beside it, which is
// what Eigen's products do not promise. |error| <= (n / 32 + 6) * eps * sum_h |a[h] * b[h]|.
template <class A, Scalar T>
A dot(const A* a, const T* b, Index n) noexcept {
  constexpr Index lanes = 32;
  std::array<A, lanes> sum{};
  Index h = 0;
  for (; h + lanes <= n; h += lanes)
    for (Index lane = 0; lane < lanes; ++lane) sum[static_cast<std::size_t>(lane)] += a[h + lane] * widen(b[h + lane]);
  for (Index lane = 0; h < n; ++h, ++lane) sum[static_cast<std::size_t>(lane)] += a[h] * widen(b[h]);
  for (std::size_t step = lanes / 2; step > 0; step /= 2)
    for (std::size_t lane = 0; lane < step; ++lane) sum[lane] += sum[lane + step];
  return sum[0];
}

}  // namespace seqpool::detail

#endif
