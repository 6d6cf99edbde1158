// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_FOLD_ACCUMULATORS_HPP
#define SEQPOOL_FOLD_ACCUMULATORS_HPP

#include <seqpool/scalar.hpp>

#include <array>
#include <cstddef>
#include <new>
#include <type_traits>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {
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

// Numbers that start on a cache line.
template <class T>
using AlignedVector = std::vector<T, CacheLineAllocator<T>>;

// A row as an Eigen array: vector code at -O2 too, where compilers make none of a loop of any length.
template <class Row>
auto array(Row& row) noexcept {
  using A = std::remove_reference_t<decltype(*row.data())>;
  using Array = Eigen::Array<std::remove_const_t<A>, Eigen::Dynamic, 1>;
  return Eigen::Map<std::conditional_t<std::is_const_v<A>, const Array, Array>>(row.data(),
                                                                                static_cast<Index>(row.size()));
}

}  // namespace detail

/// A row of accumulators, `[n]`, in a state's own buffer, which starts on a cache line. 4096 bytes of them, 1024
/// floats, have room in the state itself, so that pooling a row of usual width allocates nothing.
template <class A>
class Accumulators {
 public:
  Accumulators() noexcept {}  // leaves the room as it is: to clear it would take longer than to pool a short row
  Accumulators(std::size_t n, A value) { assign(n, value); }

  /// Becomes n times `value`; allocates only if it never was so large.
  void assign(std::size_t n, A value) {
    if (n > room) far_.resize(n);
    size_ = n;
    detail::array(*this).setConstant(value);
  }

  std::size_t size() const noexcept { return size_; }
  A* data() noexcept { return size_ > room ? far_.data() : near_.data(); }
  const A* data() const noexcept { return size_ > room ? far_.data() : near_.data(); }
  A* begin() noexcept { return data(); }
  A* end() noexcept { return data() + size_; }
  const A* begin() const noexcept { return data(); }
  const A* end() const noexcept { return data() + size_; }
  A& operator[](std::size_t i) noexcept { return data()[i]; }
  const A& operator[](std::size_t i) const noexcept { return data()[i]; }

 private:
  static constexpr std::size_t room = 4096 / sizeof(A);

  alignas(64) std::array<A, room> near_;
  detail::AlignedVector<A> far_;
  std::size_t size_ = 0;
};

}  // namespace seqpool::inline SEQPOOL_ABI

#endif
