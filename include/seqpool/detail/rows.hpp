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

// sum_i x[i] of n numbers. The order of additions is fixed: partial sums in 16 lanes, a tree, then the numbers beyond
// the last whole 16. Eigen's own sums do not promise that: they begin where an address is aligned.
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

// x, or for every NaN the one NaN that results have. After arithmetic, the sign and payload of a NaN depend on the
// order of operands, which compilers choose.
template <class A> A canonical(A x) noexcept {
  if constexpr (std::floating_point<A>)
    return x == x ? x : std::numeric_limits<A>::quiet_NaN();
  else
    return x;
}

// The same for a row of n numbers.
template <class A> void make_canonical(A* row, Index n) noexcept {
  constexpr Index lanes = 16;  // a loop of fixed length, which compilers turn into vector code
  Index i = 0;
  for (; i + lanes <= n; i += lanes)
    for (Index j = 0; j < lanes; ++j) row[i + j] = detail::canonical(row[i + j]);
  for (; i < n; ++i) row[i] = detail::canonical(row[i]);
}

// The larger and the smaller of two numbers. A NaN on either side wins; SIMD extrema would keep or lose it depending on
// its side. If the two are equal, the held one stays. There are two steps, and the first is one instruction.
inline constexpr auto larger = [](auto held, auto x) {
  const auto number = x > held ? x : held;
  return x != x ? x : number;
};
inline constexpr auto smaller = [](auto held, auto x) {
  const auto number = x < held ? x : held;
  return x != x ? x : number;
};

// Whether x is what `larger` or `smaller` held at the end: equal to it, or a NaN, which wins.
inline constexpr auto is_held = [](auto x, auto held) { return (x == held) | (x != x); };

// What g, the gradient of a token's feature x or of |x|, is for x.
inline constexpr auto whole_slope = [](auto, auto g) { return g; };
inline constexpr auto abs_slope = [](auto x, auto g) { return x > 0 ? g : x < 0 ? -g : x * 0; };

// Whether a is larger than b; a NaN counts as larger than any number.
inline constexpr auto exceeds = [](auto a, auto b) { return a > b || (a != a && b == b); };

// max_i |x[i]|, or 0 if n is 0. A NaN is ignored. There are several lanes, because a single maximum would wait for the
// one before.
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
