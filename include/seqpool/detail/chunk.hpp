// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/compiler.hpp>
#include <seqpool/scalar.hpp>

#include <array>
#include <cstddef>
#include <cstring>

#if defined(SEQPOOL_F16C)
#include <immintrin.h>
#endif

namespace seqpool::inline SEQPOOL_ABI::detail {

// How many features the inner loop takes at a time: as many as a cache line holds of T, and at least as many as it
// holds of float.
template <Scalar T> inline constexpr Index chunk_features = sizeof(T) == 2 ? 32 : 16;

// Prefetches the chunk `ahead` elements after x; it may lie in another array.
template <Scalar T> inline void prefetch_chunk(const T* x, Index ahead) noexcept {
  for (Index j = 0; j < chunk_features<T>; j += 64 / static_cast<Index>(sizeof(T))) detail::prefetch(x + (ahead + j));
}

// A chunk of a token's features in the accumulator's type. Each feature is widened when it is taken.
template <Scalar T> class WidenedChunk {
 public:
  using A = accumulator_t<T>;

  explicit WidenedChunk(const T* x) noexcept : x_(x) {}

  A operator[](Index j) const noexcept { return widen(x_[j]); }

  // All features side by side: where they lie, or in `room`.
  const A* data([[maybe_unused]] A* room) const noexcept {
    if constexpr (std::same_as<A, T>) return x_;
    for (Index j = 0; j < chunk_features<T>; ++j) room[j] = widen(x_[j]);
    return room;
  }

 private:
  const T* x_;
};

#if defined(SEQPOOL_F16C) || defined(SEQPOOL_F16C_BY_NAME) || defined(SEQPOOL_FCVTL)
// All features are widened at once, by an instruction that compilers do not make from widen.
template <> class WidenedChunk<Eigen::half> {
 public:
  explicit WidenedChunk(const Eigen::half* x) noexcept {
#if defined(__AVX512F__)
    // The stores are as wide as the loads that follow: a wider load would have to wait for two narrower stores.
    for (std::size_t j = 0; j < x_.size(); j += 16)
      _mm512_store_ps(x_.data() + j, _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(x + j))));
#elif defined(SEQPOOL_F16C)
    for (std::size_t j = 0; j < x_.size(); j += 8)
      _mm256_store_ps(x_.data() + j, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x + j))));
#elif defined(SEQPOOL_FCVTL)
    std::array<__fp16, chunk_features<Eigen::half>> halves;
    std::memcpy(halves.data(), x, sizeof halves);
    for (std::size_t j = 0; j < x_.size(); ++j) x_[j] = static_cast<float>(halves[j]);
#else
    if (detail::has_f16c())
      detail::widen_by_f16c<chunk_features<Eigen::half>>(x, x_.data());
    else
      for (std::size_t j = 0; j < x_.size(); ++j) x_[j] = widen(x[j]);
#endif
  }

  float operator[](Index j) const noexcept { return x_[static_cast<std::size_t>(j)]; }

  const float* data(float*) const noexcept { return x_.data(); }

 private:
  alignas(64) std::array<float, chunk_features<Eigen::half>> x_;
};
#endif

}  // namespace seqpool::inline SEQPOOL_ABI::detail
