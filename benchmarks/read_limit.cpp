// SPDX-License-Identifier: MIT
#include "read_limit.hpp"

#include <utility>

namespace bench {
namespace {

// The widest register there is: of a wider vector g++ would make several, and keep them in memory.
#if defined(__AVX512F__)
constexpr int width = 64;
#elif defined(__AVX__)
constexpr int width = 32;
#else
constexpr int width = 16;
#endif
using Lanes [[gnu::vector_size(width), gnu::aligned(width), gnu::may_alias]] = std::uint64_t;
constexpr std::size_t line = 64 / width;  // registers of a cache line

// Eight cache lines a pass whatever the streams, each into an accumulator of its own, so that there is nothing to wait
// for but memory. With `ahead`, the lines so many bytes further on are asked for into L2.
template <int Streams, bool Prefetch, std::size_t... i>
std::uint64_t read(const void* data, std::size_t bytes, std::size_t distance, std::size_t ahead,
                   std::index_sequence<i...>) {
  constexpr std::size_t lines = 8 / Streams;  // of a stream in a pass
  const auto* const begin = static_cast<const Lanes*>(data);
  const std::size_t all = bytes / width, apart = distance / width, further = ahead / width;
  Lanes held[] = {(static_cast<void>(i), Lanes{})...};
  const auto take = [&](const Lanes* p, Lanes& sum) {
    if constexpr (Prefetch) __builtin_prefetch(p + further, 0, 2);
    if constexpr (line == 1)
      sum |= p[0];
    else if constexpr (line == 2)
      sum |= p[0] | p[1];
    else
      sum |= (p[0] | p[1]) | (p[2] | p[3]);
  };
  std::size_t group = 0;
  for (; group + Streams * apart <= all; group += Streams * apart) {
    const Lanes* const p = begin + group;
    std::size_t at = 0;
    for (; at + lines * line <= apart; at += lines * line)
      (take(p + (i / lines) * apart + at + (i % lines) * line, held[i]), ...);
    for (; at < apart; at += line)
      for (std::size_t s = 0; s < Streams; ++s) take(p + s * apart + at, held[s]);
  }
  for (; group + 8 * line <= all; group += 8 * line) (take(begin + group + i * line, held[i]), ...);
  for (; group < all; group += line) take(begin + group, held[0]);
  Lanes sum = (held[i] | ...);
  std::uint64_t seen = 0;
  for (int k = 0; k < width / 8; ++k) seen |= sum[k];
  return seen;
}

template <int Streams, bool Prefetch = false>
std::uint64_t read(const void* data, std::size_t bytes, std::size_t distance, std::size_t ahead = 0) {
  return read<Streams, Prefetch>(data, bytes, distance, ahead, std::make_index_sequence<8>());
}

}  // namespace

void write_plainly(void* data, std::size_t bytes, std::uint64_t value) {
  Lanes lanes;
  for (int k = 0; k < width / 8; ++k) lanes[k] = value;
  auto* const begin = static_cast<Lanes*>(data);
  for (std::size_t i = 0; i < bytes / width; ++i) begin[i] = lanes;
}

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
std::uint64_t read_1_stream_prefetched(const void* data, std::size_t bytes, std::size_t distance) {
  return read<1, true>(data, bytes, distance, 4096);
}
std::uint64_t read_4_streams_prefetched(const void* data, std::size_t bytes, std::size_t distance) {
  return read<4, true>(data, bytes, distance, 4 * distance);
}
std::uint64_t read_8_streams_prefetched(const void* data, std::size_t bytes, std::size_t distance) {
  return read<8, true>(data, bytes, distance, 8 * distance);
}

}  // namespace bench
