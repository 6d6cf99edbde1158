// SPDX-License-Identifier: MIT
// The read limit: the fastest read of given bytes that there is, with and without software prefetch. It is the
// machine's and not the flags', so that read_limit.cpp is compiled with the same flags everywhere, and shares no inline
// function with any other file.
#ifndef SEQPOOL_BENCHMARKS_READ_LIMIT_HPP
#define SEQPOOL_BENCHMARKS_READ_LIMIT_HPP

#include <cstddef>
#include <cstdint>

namespace bench {

// The bitwise or of `bytes` bytes, a multiple of 64.
// Read as so many streams side by side, `distance` bytes apart; distance is a multiple of 64.
using Read = std::uint64_t (*)(const void* data, std::size_t bytes, std::size_t distance);

// What gradients are held against: stores one after another, in the widest registers, of `bytes` bytes, a multiple of
// 64.
void write_plainly(void* data, std::size_t bytes, std::uint64_t value);

std::uint64_t read_1_stream(const void* data, std::size_t bytes, std::size_t distance);
std::uint64_t read_2_streams(const void* data, std::size_t bytes, std::size_t distance);
std::uint64_t read_4_streams(const void* data, std::size_t bytes, std::size_t distance);
std::uint64_t read_8_streams(const void* data, std::size_t bytes, std::size_t distance);
std::uint64_t read_1_stream_prefetched(const void* data, std::size_t bytes, std::size_t distance);
std::uint64_t read_4_streams_prefetched(const void* data, std::size_t bytes, std::size_t distance);
std::uint64_t read_8_streams_prefetched(const void* data, std::size_t bytes, std::size_t distance);

}  // namespace bench

#endif
