// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/chunk.hpp>
#include <seqpool/detail/compiler.hpp>
#include <seqpool/scalar.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::detail {

// The bytes of the widest register that the instruction set has.
#if defined(__AVX512F__)
inline constexpr Index register_bytes = 64;
#elif defined(__AVX__)
inline constexpr Index register_bytes = 32;
#else
inline constexpr Index register_bytes = 16;
#endif

// sum_h a[h] * x[h] for each of a few x, of n features. What lies `ahead` elements after the first six of them is
// prefetched, unless ahead is 0. The order of additions is fixed: partial sums in lanes, a tree, then the features
// beyond the last whole chunk. So the bits depend on n and on the number of x, and not on addresses or on what is
// computed beside it. Eigen's products do not promise that. |error| <= (n / 8 + 34) * eps * sum_h |a[h] * x[h]|.
//
// The lanes are Eigen's arrays because g++ keeps those in registers, but an array of numbers in memory. There are as
// many as fill eight registers of AVX, so that no sum waits for itself: 8 lanes for eight x, 16 for fewer.
//
// The function is flattened, like all functions with such arrays: the arrays' type is the same for every -march but
// their alignment is not, so files with different flags must not share the functions of that type.
//
// With an `origin`, `[n]`, it is sum_h a[h] * (x[h] - origin[h]); without one it is null, of type std::nullptr_t.
template <class A, class Origin, Scalar T, std::same_as<const T*>... More>
SEQPOOL_FLATTEN SEQPOOL_INLINE std::array<A, 1 + sizeof...(More)> dots_from(const A* a, [[maybe_unused]] Origin origin,
                                                                            Index n, Index ahead, const T* x,
                                                                            More... more) noexcept {
  constexpr bool moved = std::same_as<Origin, const A*>;
  constexpr std::size_t count = 1 + sizeof...(More);
  constexpr Index chunk = chunk_features<T>;
  constexpr Index lanes = count == 1 || (count <= 4 && register_bytes >= 32) ? 16 : 8;
  using Lanes = Eigen::Array<A, lanes, 1>;
  const T* const rows[] = {x, more...};
  return [&]<std::size_t... k>(std::index_sequence<k...>) {
    Lanes sum[] = {(static_cast<void>(k), Lanes::Zero())...};
    Index h = 0;
    for (; h + chunk <= n; h += chunk) {
      if (ahead != 0) ((k < 6 ? detail::prefetch_chunk(rows[k] + h, ahead) : void()), ...);
      const WidenedChunk<T> chunks[] = {WidenedChunk<T>(rows[k] + h)...};
      alignas(64) A room[count][std::size_t{chunk}];
      const A* const widened[] = {chunks[k].data(room[k])...};
      for (Index j = 0; j < chunk; j += lanes) {
        const Lanes factors = Eigen::Map<const Lanes>(a + h + j);
        if constexpr (moved) {
          const Lanes from = Eigen::Map<const Lanes>(origin + h + j);
          ((sum[k] += factors * (Eigen::Map<const Lanes>(widened[k] + j) - from)), ...);
        } else {
          ((sum[k] += factors * Eigen::Map<const Lanes>(widened[k] + j)), ...);
        }
      }
    }
    const auto rest = [&](const T* row) {
      A products = 0;
      for (Index i = h; i < n; ++i)
        if constexpr (moved)
          products += a[i] * (widen(row[i]) - origin[i]);
        else
          products += a[i] * widen(row[i]);
      return products;
    };
    return std::array<A, count>{(sum[k].sum() + rest(rows[k]))...};
  }(std::make_index_sequence<count>());
}

template <class A, Scalar T, std::same_as<const T*>... More>
SEQPOOL_FLATTEN SEQPOOL_INLINE std::array<A, 1 + sizeof...(More)> dots(const A* a, Index n, Index ahead, const T* x,
                                                                       More... more) noexcept {
  return detail::dots_from(a, nullptr, n, ahead, x, more...);
}

// The same for one x.
template <class A, Scalar T> A dot(const A* a, const T* x, Index n) noexcept { return dots(a, n, 0, x)[0]; }

}  // namespace seqpool::inline SEQPOOL_ABI::detail
