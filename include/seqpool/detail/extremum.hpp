// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_DETAIL_EXTREMUM_HPP
#define SEQPOOL_DETAIL_EXTREMUM_HPP

#include <seqpool/version.hpp>

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

}  // namespace seqpool::inline SEQPOOL_ABI::detail

#endif
