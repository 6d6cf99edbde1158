// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_DETAIL_CHECKSUM_HPP
#define SEQPOOL_DETAIL_CHECKSUM_HPP

#include <seqpool/scalar.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace seqpool::inline SEQPOOL_ABI::detail {

// FNV-1a, 64 bits: tells bytes that were changed by accident, not by intent.
inline std::uint64_t checksum(std::span<const std::byte> bytes) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const std::byte b : bytes) hash = (hash ^ std::to_integer<std::uint64_t>(b)) * 0x100000001b3u;
  return hash;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail

#endif
