// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <ranges>
#include <type_traits>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// A row of numbers, anything with `data()` and `size()`, as an Eigen array in place, for whole-row arithmetic.
///
///     seqpool::as_array(out) = seqpool::as_array(state.values) / count;
template <class Row> [[nodiscard]] auto as_array(Row&& row) noexcept {
  constexpr bool lives = std::is_lvalue_reference_v<Row> || std::ranges::borrowed_range<Row>;
  static_assert(
      lives,
      "seqpool: as_array(row) sees the numbers of row where they lie, and this row is a temporary, which is gone "
      "at the end of the line; give it a name.");
  using A = std::remove_pointer_t<decltype(row.data())>;
  using Array = Eigen::Array<std::remove_const_t<A>, Eigen::Dynamic, 1>;
  using Map =
      Eigen::Map<std::conditional_t<std::is_const_v<A>, const Array, Array>, Eigen::Unaligned, detail::Neighbours>;
  return Map(row.data(), static_cast<Eigen::Index>(row.size()));
}

/// A row of accumulators, `[n]`, in a state's own buffer, which starts on a cache line.
///
///     seqpool::Accumulators<float> sum;
///     sum.assign(hidden, 0);
///     seqpool::as_array(sum) += seqpool::as_array(other);
///
/// **Cost**: the object itself has room for 4096 bytes of them, 1024 floats, so pooling a row of usual width allocates
/// nothing.
template <class A> class Accumulators {
 public:
  Accumulators() noexcept {}  // leaves the room as it is: clearing it would take longer than pooling a short row
  Accumulators(std::size_t n, A value) { assign(n, value); }
  Accumulators(const Accumulators& other) { *this = other; }
  Accumulators& operator=(const Accumulators& other) {
    resize(other.size_);
    std::copy_n(other.data(), size_, data());  // not the whole room
    return *this;
  }
  Accumulators(Accumulators&& other) noexcept { *this = std::move(other); }
  // A moved-from object is empty.
  Accumulators& operator=(Accumulators&& other) noexcept {
    if (this == &other) return *this;
    if (other.size_ > room)
      far_.swap(other.far_);
    else
      std::copy_n(other.near_.data(), other.size_, near_.data());
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  ~Accumulators() = default;

  /// Becomes n copies of `value`.
  ///
  /// **Cost**: O(n); allocates only if it was never so large.
  void assign(std::size_t n, A value) {
    resize(n);
    as_array(*this).setConstant(value);
  }

  /// Becomes n numbers of unknown value.
  ///
  /// **Cost**: allocates only if it was never so large.
  void resize(std::size_t n) {
    if (n > room) far_.resize(n);
    size_ = n;
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] A* data() noexcept { return size_ > room ? far_.data() : near_.data(); }
  [[nodiscard]] const A* data() const noexcept { return size_ > room ? far_.data() : near_.data(); }
  [[nodiscard]] A* begin() noexcept { return data(); }
  [[nodiscard]] A* end() noexcept { return data() + size_; }
  [[nodiscard]] const A* begin() const noexcept { return data(); }
  [[nodiscard]] const A* end() const noexcept { return data() + size_; }
  [[nodiscard]] A& operator[](std::size_t i) noexcept { return data()[i]; }
  [[nodiscard]] const A& operator[](std::size_t i) const noexcept { return data()[i]; }

 private:
  static constexpr std::size_t room = 4096 / sizeof(A);

  alignas(64) std::array<A, room> near_;
  detail::AlignedVector<A> far_;
  std::size_t size_ = 0;
};

}  // namespace seqpool::inline SEQPOOL_ABI
