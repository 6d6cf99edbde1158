// SPDX-License-Identifier: MIT
// From here on the compiler seems to know no attribute, built-in and assembly of GNU's, and Windows.h to be included.
// With SEQPOOL_TEST_MSVC it seems to be MSVC: it has MSVC's words, and F16C without a macro.
#pragma GCC system_header

#if defined(SEQPOOL_TEST_MSVC)
#include <immintrin.h>
inline void prefetch_of_msvc(const char*, int) {}  // GNU's takes any pointer
#endif

#undef __GNUC__
#undef __clang__
#undef __x86_64__
#undef __unix__
#undef __linux__
#undef __F16C__
#undef __has_builtin
#define __has_builtin(x) 0  // libstdc++ 14 asks again
#define __attribute__(x) an attribute of GNU
#define __asm__ assembly of GNU
#define __builtin_cpu_supports a builtin of GNU
#define __builtin_memcpy a builtin of GNU
#define __builtin_prefetch a builtin of GNU
#define __builtin_shufflevector a builtin of GNU

#if defined(SEQPOOL_TEST_MSVC)
#define _MSC_VER 1940
#define _M_X64 100
#define __pragma(x)
#undef _mm_prefetch
#define _mm_prefetch prefetch_of_msvc
#endif

#define min(a, b) a macro of Windows
#define max(a, b) a macro of Windows
#define small a macro of Windows
#define near a macro of Windows
#define far a macro of Windows
#define ERROR a macro of Windows
