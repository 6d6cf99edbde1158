// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_DETAIL_EXTREMUM_HPP
#define SEQPOOL_DETAIL_EXTREMUM_HPP

#include <seqpool/scalar.hpp>
#include <seqpool/version.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace seqpool::inline SEQPOOL_ABI::detail {

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

#endif
