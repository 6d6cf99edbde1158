// SPDX-License-Identifier: MIT
#include "read_limit.hpp"

namespace bench {
namespace {

using Lanes [[gnu::vector_size(64), gnu::aligned(64), gnu::may_alias]] = std::uint64_t;

// Eight cache lines a pass whatever the streams, each into an accumulator of its own: nothing to wait for but memory.
// With Prefetch, what the next pass reads is asked for into L2.
template <int Streams, bool Prefetch = false>
std::uint64_t read(const void* data, std::size_t bytes, std::size_t distance) {
  constexpr int lines = 8 / Streams;
  const auto* p = static_cast<const Lanes*>(data);
  const auto* const end = p + bytes / sizeof(Lanes);
  const std::size_t apart = distance / sizeof(Lanes);
  Lanes held[8] = {};
  for (; p + Streams * apart <= end; p += Streams * apart) {
    std::size_t i = 0;
    for (; i + lines <= apart; i += lines) {
      if constexpr (Prefetch)
        for (int s = 0; s < Streams; ++s)
          for (int l = 0; l < lines; ++l) __builtin_prefetch(p + (Streams + s) * apart + i + l, 0, 2);
      for (int s = 0; s < Streams; ++s)
        for (int l = 0; l < lines; ++l) held[s * lines + l] |= p[s * apart + i + l];
    }
    for (; i < apart; ++i)
      for (int s = 0; s < Streams; ++s) held[s] |= p[s * apart + i];
  }
  for (; p + 8 <= end; p += 8)
    for (int l = 0; l < 8; ++l) held[l] |= p[l];
  for (; p < end; ++p) held[0] |= *p;
  std::uint64_t all = 0;
  for (const Lanes& lanes : held)
    for (int i = 0; i < 8; ++i) all |= lanes[i];
  return all;
}

}  // namespace

std::uint64_t read_1_stream(const void* data, std::size_t bytes, std::size_t distance) {
  return read<1>(data, bytes, distance);
}
std::uint64_t read_2_streams(const void* data, std::size_t bytes, std::size_t distance) {
  return read<2>(data, bytes, distance);
}
std::uint64_t read_4_streams(const void* data, std::size_t bytes, std::size_t distance) {
  return read<4>(data, bytes, distance);
}
std::uint64_t read_8_streams(const void* data, std::size_t bytes, std::size_t distance) {
  return read<8>(data, bytes, distance);
}
std::uint64_t read_8_streams_prefetched(const void* data, std::size_t bytes, std::size_t distance) {
  return read<8, true>(data, bytes, distance);
}

}  // namespace bench
