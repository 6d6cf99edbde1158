// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_BENCHMARKS_SHAPES_HPP
#define SEQPOOL_BENCHMARKS_SHAPES_HPP

#include <cstddef>

namespace bench {

struct Shape {
  std::ptrdiff_t batch, seq, hidden;
};

// The first two are beyond the last-level cache, the next two within it and within L2.
inline constexpr Shape long_batch{64, 512, 1024}, long_rows{8, 2048, 1024}, short_batch{32, 128, 768},
    short_row{1, 128, 384}, one_long_row{1, 65536, 1024}, one_narrow_row{1, 1000000, 16}, one_token{1, 1, 32},
    vocabulary{8, 256, 30522}, patches{32, 196, 768};
inline constexpr Shape products[]{{1, 4, 768},     {1, 768, 768}, {1, 3072, 768},  {32, 4, 768},    {32, 768, 768},
                                  {32, 3072, 768}, {256, 4, 768}, {256, 768, 768}, {256, 3072, 768}};
inline constexpr Shape all_pairs[]{{1, 1000, 768}, {100, 1000, 768}, {1000, 1000, 768}};
inline constexpr Shape documents{1000, 180, 128};  // of ColBERT
// What learns: sentences within the last-level cache, pages and long documents beyond it.
inline constexpr Shape sentences{32, 128, 384}, pages{32, 512, 768}, long_documents{8, 4096, 1024};
inline constexpr Shape compared[]{long_batch, long_rows, short_batch, short_row};
// One row that grows from L1 to beyond the last-level cache.
inline constexpr Shape growing[]{{1, 16, 768},   {1, 64, 768},   {1, 256, 768},
                                 {1, 1024, 768}, {1, 4096, 768}, {1, 16384, 768}};

}  // namespace bench

#endif
