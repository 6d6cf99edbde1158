// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/compiler.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>

namespace seqpool::inline SEQPOOL_ABI::detail {

// sum_i x[i] of n numbers, in one fixed order of additions, which Eigen's own sums, that begin where an address is
// aligned, do not promise: partial sums in 16 lanes, a tree, then the numbers beyond the last whole 16.
// |error| <= (n / 32 + 10) * eps * sum_i |x[i]|.
template <class A> SEQPOOL_FLATTEN SEQPOOL_INLINE A sum(const A* x, Index n) noexcept {
  constexpr Index lanes = 16;
  using Lanes = Eigen::Array<A, lanes, 1>;
  Lanes sums = Lanes::Zero();
  Index i = 0;
  for (; i + lanes <= n; i += lanes) sums += Eigen::Map<const Lanes>(x + i);
  A rest = 0;
  for (; i < n; ++i) rest += x[i];
  return sums.sum() + rest;
}

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
  constexpr Index lanes = 16;  // a loop of fixed length, of which compilers make vector code
  Index i = 0;
  for (; i + lanes <= n; i += lanes)
    for (Index j = 0; j < lanes; ++j) row[i + j] = detail::canonical(row[i + j]);
  for (; i < n; ++i) row[i] = detail::canonical(row[i]);
}

// The larger and the smaller of two, where a NaN on either side wins: SIMD extrema keep or lose it by its side. Of
// equals the held one stays. In two steps, of which the first is one instruction.
inline constexpr auto larger = [](auto held, auto x) {
  const auto number = x > held ? x : held;
  return x != x ? x : number;
};
inline constexpr auto smaller = [](auto held, auto x) {
  const auto number = x < held ? x : held;
  return x != x ? x : number;
};

// Whether a is larger than b, where a NaN is larger than any number.
inline constexpr auto exceeds = [](auto a, auto b) { return a > b || (a != a && b == b); };

// max_i |x[i]|, 0 of none. A NaN is passed over. By lanes, as one maximum would wait for the one before.
template <class A> A largest_size(const A* x, Index n) noexcept {
  constexpr std::size_t lanes = 16;
  std::array<A, lanes> largest{};
  Index i = 0;
  for (; i + Index{lanes} <= n; i += Index{lanes})
    for (std::size_t j = 0; j < lanes; ++j) {
      const A size = std::abs(x[i + static_cast<Index>(j)]);
      largest[j] = size > largest[j] ? size : largest[j];
    }
  for (; i < n; ++i) largest[0] = (std::max)(largest[0], std::abs(x[i]));
  return *std::max_element(largest.begin(), largest.end());
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
