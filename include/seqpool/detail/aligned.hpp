// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/scalar.hpp>

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::detail {

// Aligns to a cache line, whatever the instruction set.
template <class T> struct CacheLineAllocator {
  using value_type = T;
  static constexpr std::align_val_t alignment{64};

  CacheLineAllocator() = default;
  template <class U> CacheLineAllocator(const CacheLineAllocator<U>&) noexcept {}

  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), alignment)); }
  void deallocate(T* p, std::size_t) noexcept { ::operator delete(p, alignment); }
  // Numbers that are given no value are left as they are.
  template <class U> void construct(U* p) noexcept { ::new (static_cast<void*>(p)) U; }
  template <class U, class... Args> void construct(U* p, Args&&... args) {
    ::new (static_cast<void*>(p)) U(std::forward<Args>(args)...);
  }
  bool operator==(const CacheLineAllocator&) const = default;
};

// Numbers that start on a cache line; resize(n) does not clear them.
template <class T> using AlignedVector = std::vector<T, CacheLineAllocator<T>>;

// Temporary numbers in a state. They are not copied with it: a copy starts without any, and an assignment leaves those
// that are there.
template <class A> class Scratch {
 public:
  Scratch() noexcept = default;
  Scratch(const Scratch&) noexcept {}
  Scratch& operator=(const Scratch&) noexcept { return *this; }
  ~Scratch() = default;

  // Room for n numbers of unknown value; allocates only if there never was so much room.
  A* of(Index n) {
    if (static_cast<std::size_t>(n) > numbers_.size()) numbers_.resize(static_cast<std::size_t>(n));
    return numbers_.data();
  }

 private:
  AlignedVector<A> numbers_;
};

// Eigen's stride for neighbours, under a name of our own. What Eigen instantiates with it then has our namespace in its
// name, so files for different instruction sets never share it.
struct Neighbours : Eigen::Stride<0, 0> {};

}  // namespace seqpool::inline SEQPOOL_ABI::detail
