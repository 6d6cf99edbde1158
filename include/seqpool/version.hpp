// SPDX-License-Identifier: MIT
#pragma once

#include <cfloat>  // FLT_EVAL_METHOD

// The only place that states the version; CMake reads these three lines.
#define SEQPOOL_VERSION_MAJOR 0
#define SEQPOOL_VERSION_MINOR 2
#define SEQPOOL_VERSION_PATCH 0

// Settings that seqpool cannot be compiled with. The includes do not exist, so they end the compilation; after an
// #error alone, hundreds of others would follow.
#if (defined(_MSVC_LANG) ? _MSVC_LANG : __cplusplus) < 202002L
#error "seqpool: needs C++20; compile with -std=c++20 or newer."
#include <seqpool/stop>
#elif !defined(__cpp_exceptions) && !defined(_CPPUNWIND)
#error "seqpool: -fno-exceptions is on, but seqpool reports wrong sizes by std::invalid_argument; compile without it."
#include <seqpool/stop>
#elif !defined(SEQPOOL_ALLOW_FAST_MATH) &&                                                            \
    (defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) ||             \
     defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || defined(__NO_SIGNED_ZEROS__) || \
     defined(_M_FP_FAST))
#error \
    "seqpool: -ffast-math or a part of it (-ffinite-math-only, -fassociative-math, -freciprocal-math, -fno-signed-zeros, -funsafe-math-optimizations), or /fp:fast, is on. It removes NaN and infinity from the language or reorders additions, so seqpool can keep neither its NaN guarantees nor its bit-identical rows. Compile without it, or define SEQPOOL_ALLOW_FAST_MATH to go on without these guarantees."
#include <seqpool/stop>
#elif FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16  // 16: as 0 for float and double
#error \
    "seqpool: float is computed in a wider type here (FLT_EVAL_METHOD is not 0), as by the x87 unit of 32-bit x86. Sums and exponentials are then rounded twice and come out wrong. Compile with -msse2 -mfpmath=sse, for 32-bit MSVC with /arch:SSE2, and without -ffp-eval-method."
#include <seqpool/stop>
#endif

// All of seqpool lives in an inline namespace named after the version and the instruction set it is compiled for:
// `namespace seqpool::inline SEQPOOL_ABI`. So files with different flags may be linked into one program; each runs the
// instructions that its own flags allow.
#if defined(__AVX512F__) && defined(__AVX512VL__)
#define SEQPOOL_ABI_SIMD avx512vl
#elif defined(__AVX512F__)
#define SEQPOOL_ABI_SIMD avx512
#elif defined(__AVX2__)
#define SEQPOOL_ABI_SIMD avx2
#elif defined(__AVX__)
#define SEQPOOL_ABI_SIMD avx
#elif defined(__SSE4_1__)
#define SEQPOOL_ABI_SIMD sse4
#elif defined(__ARM_FEATURE_SVE2)
#define SEQPOOL_ABI_SIMD sve2
#elif defined(__ARM_FEATURE_SVE)
#define SEQPOOL_ABI_SIMD sve
#elif defined(__ARM_NEON)
#define SEQPOOL_ABI_SIMD neon
#elif defined(__riscv_vector)
#define SEQPOOL_ABI_SIMD rvv
#elif defined(__VX__) || defined(__VSX__)  // s390x, POWER
#define SEQPOOL_ABI_SIMD vx
#elif defined(__wasm_simd128__)
#define SEQPOOL_ABI_SIMD simd128
#else
#define SEQPOOL_ABI_SIMD base
#endif
#if defined(__FMA__)
#define SEQPOOL_ABI_FMA _fma
#else
#define SEQPOOL_ABI_FMA
#endif
#if defined(__F16C__)
#define SEQPOOL_ABI_HALF _f16c
#elif defined(__ARM_FEATURE_FP16_VECTOR_ARITHMETIC)
#define SEQPOOL_ABI_HALF _fp16
#else
#define SEQPOOL_ABI_HALF
#endif
#if defined(SEQPOOL_NO_MMAP)  // a mapped file is then another class, see io/mapped_file.hpp
#define SEQPOOL_ABI_FILES _no_mmap
#else
#define SEQPOOL_ABI_FILES
#endif
#define SEQPOOL_ABI_JOIN(major, minor, simd, fma, half, files) v##major##_##minor##_##simd##fma##half##files
#define SEQPOOL_ABI_NAME(major, minor, simd, fma, half, files) SEQPOOL_ABI_JOIN(major, minor, simd, fma, half, files)
#define SEQPOOL_ABI                                                                                                   \
  SEQPOOL_ABI_NAME(SEQPOOL_VERSION_MAJOR, SEQPOOL_VERSION_MINOR, SEQPOOL_ABI_SIMD, SEQPOOL_ABI_FMA, SEQPOOL_ABI_HALF, \
                   SEQPOOL_ABI_FILES)
