// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/compiler.hpp>
#include <seqpool/scalar.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::detail {

// Elements in a cache line.
template <class T> inline constexpr std::size_t line_elements = 64 / sizeof(T);

// A square of cache lines.
template <class T> using LineSquare = std::array<std::array<T, line_elements<T>>, line_elements<T>>;

#if defined(SEQPOOL_SHUFFLE)
// A square of `size` by `size` elements in registers, transposed by interleaving its halves log2(size) times. It uses
// packs instead of loops: -O2 unrolls no loop, and an array that a loop goes through lies in memory.
template <class T> struct Square {
  using Row =
      typename Register<std::conditional_t<sizeof(T) == 2, std::uint16_t,
                                           std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>>::type;
  static constexpr std::size_t size = 16 / sizeof(T);

  Row rows[size];

  template <std::size_t... i> SEQPOOL_INLINE static Row low(Row a, Row b, std::index_sequence<i...>) noexcept {
    return SEQPOOL_SHUFFLE(a, b, (i / 2 + i % 2 * size)...);
  }
  template <std::size_t... i> SEQPOOL_INLINE static Row high(Row a, Row b, std::index_sequence<i...>) noexcept {
    return SEQPOOL_SHUFFLE(a, b, (size / 2 + i / 2 + i % 2 * size)...);
  }

  template <std::size_t... k> SEQPOOL_INLINE Square interleaved(std::index_sequence<k...> all) const noexcept {
    return {{(k % 2 == 0 ? low(rows[k / 2], rows[k / 2 + size / 2], all)
                         : high(rows[k / 2], rows[k / 2 + size / 2], all))...}};
  }
  template <std::size_t... k>
  SEQPOOL_INLINE static Square load(const LineSquare<T>& lines, std::size_t f, std::size_t i,
                                    std::index_sequence<k...>) noexcept {
    Square square;
    (std::memcpy(&square.rows[k], lines[f + k].data() + i, 16), ...);
    return square;
  }
  template <std::size_t... k>
  SEQPOOL_INLINE void store(T* const* targets, std::size_t f, std::index_sequence<k...>) const noexcept {
    ((targets[k] == nullptr ? void()
                            : static_cast<void>(std::memcpy(static_cast<void*>(targets[k] + f), &rows[k], 16))),
     ...);
  }
};
#endif

// targets[i][f] = lines[f][i], where there is a target.
template <class T> void transpose(const LineSquare<T>& lines, T* const* targets) noexcept {
#if defined(SEQPOOL_SHUFFLE)
  constexpr std::size_t size = Square<T>::size;
  constexpr auto all = std::make_index_sequence<size>();
  for (std::size_t i = 0; i < line_elements<T>; i += size)
    for (std::size_t f = 0; f < line_elements<T>; f += size) {
      Square<T> square = Square<T>::load(lines, f, i, all).interleaved(all);
      if constexpr (size > 2) square = square.interleaved(all);
      if constexpr (size > 4) square = square.interleaved(all);
      square.store(targets + i, f, all);
    }
#else
  for (std::size_t i = 0; i < line_elements<T>; ++i)
    if (targets[i] != nullptr)
      for (std::size_t f = 0; f < line_elements<T>; ++f) targets[i][f] = lines[f][i];
#endif
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
