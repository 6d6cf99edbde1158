// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_DETAIL_SUM_HPP
#define SEQPOOL_DETAIL_SUM_HPP

#include <seqpool/scalar.hpp>

namespace seqpool::inline SEQPOOL_ABI::detail {

// sum_i x[i] of n numbers, in one fixed order of additions, which Eigen's own sums, that begin where an address is
// aligned, do not promise: partial sums in 16 lanes, a tree, then the numbers beyond the last whole 16.
// |error| <= (n / 32 + 10) * eps * sum_i |x[i]|.
template <class A> [[gnu::flatten, gnu::always_inline]] inline A sum(const A* x, Index n) noexcept {
  constexpr Index lanes = 16;
  using Lanes = Eigen::Array<A, lanes, 1>;
  Lanes sums = Lanes::Zero();
  Index i = 0;
  for (; i + lanes <= n; i += lanes) sums += Eigen::Map<const Lanes>(x + i);
  A rest = 0;
  for (; i < n; ++i) rest += x[i];
  return sums.sum() + rest;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail

#endif
