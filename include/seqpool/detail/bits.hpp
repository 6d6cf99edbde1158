// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_DETAIL_BITS_HPP
#define SEQPOOL_DETAIL_BITS_HPP

#include <seqpool/version.hpp>

#include <bit>
#include <concepts>
#include <cstdint>

namespace seqpool::inline SEQPOOL_ABI::detail {

// What Eigen keeps in a half: an integer, and on some ARM a native half. A bit_cast of the class itself, or a copy of
// it, keeps g++ from making vector code.
template <class Raw> std::uint32_t bits_of(Raw raw) noexcept {
  if constexpr (std::unsigned_integral<Raw>)
    return raw;
  else
    return std::bit_cast<std::uint16_t>(raw);
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail

#endif
