// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_ODR_MARCH_RESULTS_HPP
#define SEQPOOL_TESTS_ODR_MARCH_RESULTS_HPP

#include <cstddef>
#include <cstdint>

// What main and the two files share: sizes and bare memory. So main needs neither seqpool nor Eigen, and the linker
// finds their functions in the two files alone.
namespace march {

inline constexpr std::ptrdiff_t batch = 3;
inline constexpr std::ptrdiff_t seq = 300;  // more than a block
inline constexpr std::ptrdiff_t hidden = 83;
// Mean, max, attention, weighted mean, max and weighted mean and mean at once, the average of four equal attentions.
inline constexpr std::ptrdiff_t parts = 8;
inline constexpr std::ptrdiff_t chunk = 30;  // tokens that a stream is given at a time

enum Scalar { of_float, of_double, of_half, of_bfloat16, scalars };

// In and out for one scalar T with the accumulator A. Results of a pooling lie behind those of the one before it.
struct Memory {
  const void* states;        // [batch, seq, hidden] of T
  const void* query;         // [hidden] of T
  const std::int64_t* mask;  // [batch, seq]
  void* masked;              // [parts * batch * hidden] of A
  void* packed;              // the same, of all tokens
  void* streamed;            // the same
};

}  // namespace march

// One in each of the two files, for the scalars that it was compiled for; weak, as a program may have but the first.
[[gnu::weak]] void pool_base(const march::Memory (&memory)[march::scalars]);
[[gnu::weak]] void pool_v4(const march::Memory (&memory)[march::scalars]);

#endif
