// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/scalar.hpp>

#include <cstdint>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::detail {

// n small numbers to learn from: nearly normal, with the mean 0 and the standard deviation 0.01. A seed gives the same
// ones everywhere, which std::normal_distribution does not.
inline std::vector<double> start_numbers(Index n, std::uint64_t seed) {
  std::vector<double> numbers;
  numbers.reserve(static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i) {
    std::uint64_t bits = seed += 0x9e3779b97f4a7c15u;  // SplitMix64
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
    bits ^= bits >> 31;
    // Four numbers of 16 bits, whose sum has the mean 131070 and the standard deviation 2^16 / sqrt(3).
    const auto sum =
        static_cast<std::int32_t>((bits >> 48) + (bits >> 32 & 0xFFFFu) + (bits >> 16 & 0xFFFFu) + (bits & 0xFFFFu));
    numbers.push_back((sum - 131070) / 3783722.7);
  }
  return numbers;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
