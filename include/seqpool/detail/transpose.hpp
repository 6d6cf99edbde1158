// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/scalar.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::detail {

// Elements in a cache line.
template <class T> inline constexpr std::size_t line_elements = 64 / sizeof(T);

// A square of cache lines.
template <class T> using LineTile = std::array<std::array<T, line_elements<T>>, line_elements<T>>;

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define SEQPOOL_HAS_SHUFFLE 1
#endif
#endif

#if defined(SEQPOOL_HAS_SHUFFLE)
// 16 bytes in a register, of elements of so many bytes.
template <std::size_t bytes> struct Register;
template <> struct Register<2> {
  typedef std::uint16_t type __attribute__((vector_size(16)));
};
template <> struct Register<4> {
  typedef std::uint32_t type __attribute__((vector_size(16)));
};
template <> struct Register<8> {
  typedef std::uint64_t type __attribute__((vector_size(16)));
};

// A square block in registers, transposed by interleaving its halves log2(size) times. Packs and no loops: -O2 unrolls
// none, and an array that a loop goes through lies in memory.
template <class T> struct Block {
  using Row = typename Register<sizeof(T)>::type;
  static constexpr std::size_t size = 16 / sizeof(T);

  Row rows[size];

  template <std::size_t... i>
  [[gnu::always_inline]] static inline Row low(Row a, Row b, std::index_sequence<i...>) noexcept {
    return __builtin_shufflevector(a, b, (i / 2 + i % 2 * size)...);
  }
  template <std::size_t... i>
  [[gnu::always_inline]] static inline Row high(Row a, Row b, std::index_sequence<i...>) noexcept {
    return __builtin_shufflevector(a, b, (size / 2 + i / 2 + i % 2 * size)...);
  }

  template <std::size_t... k>
  [[gnu::always_inline]] inline Block interleaved(std::index_sequence<k...> all) const noexcept {
    return {{(k % 2 == 0 ? low(rows[k / 2], rows[k / 2 + size / 2], all)
                         : high(rows[k / 2], rows[k / 2 + size / 2], all))...}};
  }
  template <std::size_t... k>
  [[gnu::always_inline]] static inline Block load(const LineTile<T>& tile, std::size_t f, std::size_t i,
                                                  std::index_sequence<k...>) noexcept {
    Block block;
    (std::memcpy(&block.rows[k], tile[f + k].data() + i, 16), ...);
    return block;
  }
  template <std::size_t... k>
  [[gnu::always_inline]] inline void store(T* const* targets, std::size_t f, std::index_sequence<k...>) const noexcept {
    ((targets[k] == nullptr ? void()
                            : static_cast<void>(std::memcpy(static_cast<void*>(targets[k] + f), &rows[k], 16))),
     ...);
  }
};
#endif

// targets[i][f] = tile[f][i], where there is a target.
template <class T> void transpose(const LineTile<T>& tile, T* const* targets) noexcept {
#if defined(SEQPOOL_HAS_SHUFFLE)
  constexpr std::size_t size = Block<T>::size;
  constexpr auto all = std::make_index_sequence<size>();
  for (std::size_t i = 0; i < line_elements<T>; i += size)
    for (std::size_t f = 0; f < line_elements<T>; f += size) {
      Block<T> block = Block<T>::load(tile, f, i, all).interleaved(all);
      if constexpr (size > 2) block = block.interleaved(all);
      if constexpr (size > 4) block = block.interleaved(all);
      block.store(targets + i, f, all);
    }
#else
  for (std::size_t i = 0; i < line_elements<T>; ++i)
    if (targets[i] != nullptr)
      for (std::size_t f = 0; f < line_elements<T>; ++f) targets[i][f] = tile[f][i];
#endif
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
