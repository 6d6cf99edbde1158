// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/version.hpp>

#include <algorithm>
#include <cstddef>

namespace seqpool::inline SEQPOOL_ABI::io::detail {

// Calls f(first, count) for one part of `size` bytes after another, each of at most 1 GiB. Windows reads and writes an
// int of bytes at a time, of which the streams of g++ there know nothing: of 4 GiB they would write 0 again and again.
template <class F> void in_parts(std::size_t size, F f) {
  constexpr std::size_t most = std::size_t{1} << 30;
  for (std::size_t first = 0; first < size;) {
    const std::size_t count = (std::min)(most, size - first);
    f(first, count);
    first += count;
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI::io::detail
