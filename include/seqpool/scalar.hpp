// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/version.hpp>

#include <Eigen/Core>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI::detail {

// The bits of what Eigen keeps in a half: an integer, or on some ARM a native half. With a bit_cast or a copy of the
// class itself, g++ makes no vector code.
template <class Raw> std::uint32_t bits_of(Raw raw) noexcept {
  if constexpr (std::unsigned_integral<Raw>)
    return raw;
  else
    return std::bit_cast<std::uint16_t>(raw);
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail

namespace seqpool::inline SEQPOOL_ABI {

/// The type of every size, index and count: signed, as wide as a pointer, whatever Eigen's own index type is set to.
using Index = std::ptrdiff_t;

/// The element types of hidden states, queries and weights.
template <class T>
concept Scalar = std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, Eigen::half> ||
                 std::same_as<T, Eigen::bfloat16>;

/// The type of sums, maxima and results: double for double; float for float, half and bfloat16.
template <Scalar T> using accumulator_t = std::conditional_t<std::same_as<T, double>, double, float>;

/// The same number in the accumulator's type; exact for every value, NaN and infinity included.
inline float widen(float x) noexcept { return x; }
inline double widen(double x) noexcept { return x; }
inline float widen(const Eigen::bfloat16& x) noexcept { return std::bit_cast<float>(detail::bits_of(x.value) << 16); }
// No branch or table, so a loop over it becomes vector code on every instruction set; no float subnormal, so a thread
// that flushes them to zero gets the same numbers.
inline float widen(const Eigen::half& x) noexcept {
  const std::uint32_t bits = detail::bits_of(x.x);
  const std::uint32_t magnitude = (bits & 0x7fffu) << 13;  // exponent and mantissa in their float places
  const std::uint32_t rebias = 112u << 23;                 // float's exponent bias less half's
  const float subnormal = std::bit_cast<float>(magnitude + rebias + (1u << 23)) - 0x1p-14f;
  const std::uint32_t special = magnitude >= (0x1fu << 23) ? rebias : 0u;  // infinity and NaN
  const std::uint32_t normal = magnitude + rebias + special;
  const std::uint32_t value = magnitude < (1u << 23) ? std::bit_cast<std::uint32_t>(subnormal) : normal;
  return std::bit_cast<float>(value | ((bits & 0x8000u) << 16));
}

}  // namespace seqpool::inline SEQPOOL_ABI
