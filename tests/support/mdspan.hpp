// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TEST_MDSPAN_HPP
#define SEQPOOL_TEST_MDSPAN_HPP

#include <array>
#include <cstddef>

namespace seqpool_test {

// The interface of std::mdspan, for standard libraries that have none.
template <class T, std::size_t Rank, bool strided = true, class Reference = T&> struct Mdspan {
  using element_type = T;
  using extents_type = std::array<std::size_t, Rank>;
  using data_handle_type = T*;
  using reference = Reference;
  static constexpr std::size_t rank() noexcept { return Rank; }
  static constexpr bool is_always_strided() noexcept { return strided; }
  std::size_t extent(std::size_t dimension) const { return sizes[dimension]; }
  std::size_t stride(std::size_t dimension) const { return strides[dimension]; }
  T* const& data_handle() const { return data; }

  T* data;
  extents_type sizes, strides;
};

}  // namespace seqpool_test

#endif
