// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_DETAIL_CANONICAL_HPP
#define SEQPOOL_DETAIL_CANONICAL_HPP

#include <seqpool/scalar.hpp>

#include <concepts>
#include <limits>

namespace seqpool::inline SEQPOOL_ABI::detail {

// The one NaN of results. Which sign and payload a NaN has after arithmetic depends on the order of operands, which
// compilers choose.
template <class A> A canonical(A x) noexcept {
  if constexpr (std::floating_point<A>)
    return x == x ? x : std::numeric_limits<A>::quiet_NaN();
  else
    return x;
}

// The same of a row of n.
template <class A> void make_canonical(A* row, Index n) noexcept {
  constexpr Index chunk = 16;  // a loop of fixed length, of which compilers make vector code
  Index i = 0;
  for (; i + chunk <= n; i += chunk)
    for (Index j = 0; j < chunk; ++j) row[i + j] = detail::canonical(row[i + j]);
  for (; i < n; ++i) row[i] = detail::canonical(row[i]);
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail

#endif
