// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_DETAIL_ACCUMULATORS_HPP
#define SEQPOOL_DETAIL_ACCUMULATORS_HPP

#include <seqpool/detail/scalar.hpp>

#include <cstddef>
#include <new>
#include <vector>

namespace seqpool {
namespace detail {

// Alignment to a cache line, the same whatever the instruction set: code compiled with different -march
// flags may hand such memory to each other, which is not so for Eigen's own allocator.
template <class T>
struct CacheLineAllocator {
  using value_type = T;
  static constexpr std::align_val_t alignment{64};

  CacheLineAllocator() = default;
  template <class U>
  CacheLineAllocator(const CacheLineAllocator<U>&) noexcept {}

  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), alignment)); }
  void deallocate(T* p, std::size_t) noexcept { ::operator delete(p, alignment); }
  bool operator==(const CacheLineAllocator&) const = default;
};

}  // namespace detail

/// A row of accumulators, `[n]`, in a state's own buffer: a std::vector that starts on a cache line.
template <class A>
using Accumulators = std::vector<A, detail::CacheLineAllocator<A>>;

}  // namespace seqpool

#endif
