// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/version.hpp>

#include <cstddef>

// Attributes and built-ins, which are for compilers and not for readers. Each has one name, which says nothing where
// the compiler does not know it.
//
// SEQPOOL_INLINE         before a function: inlines it by force; at -O2 g++ would call it
// SEQPOOL_INLINE_LAMBDA  after a lambda's parameters: the same
// SEQPOOL_NOINLINE       never inlines a function, because it needs every register for itself
// SEQPOOL_FLATTEN        inlines all that a function calls
// SEQPOOL_COLD           for what ends in an exception: never inlined, small, and far from the code that runs
// SEQPOOL_NO_OVERLAP     before a loop: what it writes overlaps nothing that it reads
// SEQPOOL_SHUFFLE        defined where vectors of 16 bytes can be shuffled
// SEQPOOL_F16C           defined where the flags allow F16C; MSVC has no macro for it, but /arch:AVX2 is such a flag
// SEQPOOL_FCVTL          defined where compilers make FCVTL, which widens four halves, of a loop over __fp16
#if defined(__GNUC__) || defined(__clang__)  // clang-cl is the latter alone
#define SEQPOOL_GNU
#define SEQPOOL_INLINE [[gnu::always_inline]] inline
#define SEQPOOL_INLINE_LAMBDA __attribute__((always_inline))
#define SEQPOOL_NOINLINE [[gnu::noinline]]
#define SEQPOOL_FLATTEN [[gnu::flatten]]
#define SEQPOOL_COLD [[gnu::cold, gnu::noinline]]
#elif defined(_MSC_VER)
#define SEQPOOL_INLINE [[msvc::forceinline]] inline
#define SEQPOOL_INLINE_LAMBDA  // there, some versions refuse [[msvc::forceinline]]: error C2416
#define SEQPOOL_NOINLINE [[msvc::noinline]]
#define SEQPOOL_FLATTEN [[msvc::flatten]]
#define SEQPOOL_COLD [[msvc::noinline]]
#else
#define SEQPOOL_INLINE inline
#define SEQPOOL_INLINE_LAMBDA
#define SEQPOOL_NOINLINE
#define SEQPOOL_FLATTEN
#define SEQPOOL_COLD
#endif
#if defined(SEQPOOL_GNU) && !defined(__clang__)
#define SEQPOOL_NO_OVERLAP _Pragma("GCC ivdep")
#elif defined(_MSC_VER) && !defined(__clang__)
#define SEQPOOL_NO_OVERLAP __pragma(loop(ivdep))
#else
#define SEQPOOL_NO_OVERLAP
#endif
#if defined(SEQPOOL_GNU) && defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define SEQPOOL_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#endif
#endif
#if defined(__F16C__) || (defined(_MSC_VER) && defined(__AVX2__))
#define SEQPOOL_F16C
#elif defined(SEQPOOL_GNU) && defined(__aarch64__)
#define SEQPOOL_FCVTL
#endif
#if !defined(SEQPOOL_GNU) && defined(_M_X64)
#include <xmmintrin.h>  // _mm_prefetch
#endif

namespace seqpool::inline SEQPOOL_ABI::detail {

// Prefetches the cache line at `address`, which is not read and may lie anywhere. It goes into L2 and not into L1:
// eight tokens of a power of two bytes, and the eight that follow them, fall into the same few sets of L1 and push each
// other out.
SEQPOOL_INLINE void prefetch([[maybe_unused]] const void* address) noexcept {
#if defined(SEQPOOL_GNU)
  __builtin_prefetch(address, 0, 2);
#elif defined(_M_X64)
  _mm_prefetch(static_cast<const char*>(address), _MM_HINT_T1);
#endif
}

#if defined(SEQPOOL_GNU)
// A register of 16 bytes, which holds numbers of type N.
template <class N> struct Register {
  using type [[gnu::vector_size(16)]] = N;
};
#endif

#if !defined(SEQPOOL_F16C) && defined(__x86_64__) && defined(__GNUC__)  // clang-cl has no __cpu_model
// Widens n halves to floats, n a multiple of 8, on a processor that has F16C although the flags do not say so. It is a
// function of its own because not every processor has its instructions. It calls the instruction by name because the
// header that declares it takes longer to compile than all of seqpool.
#define SEQPOOL_F16C_BY_NAME
inline bool has_f16c() noexcept { return __builtin_cpu_supports("avx2"); }  // every processor that has AVX2 has F16C
template <std::size_t n>
[[gnu::target("avx,f16c"), gnu::noinline]] void widen_by_f16c(const void* halves, float* out) noexcept {
  using Eight [[gnu::vector_size(32)]] = float;
  const auto* const from = static_cast<const char*>(halves);
  for (std::size_t j = 0; j < n; j += 8) {
    Eight widened;
    __asm__("vcvtph2ps {%1, %0|%0, %1}" : "=x"(widened) : "m"(*reinterpret_cast<const char (*)[16]>(from + 2 * j)));
    __builtin_memcpy(out + j, &widened, sizeof widened);
  }
}
#endif

}  // namespace seqpool::inline SEQPOOL_ABI::detail
