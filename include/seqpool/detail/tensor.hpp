// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_DETAIL_TENSOR_HPP
#define SEQPOOL_DETAIL_TENSOR_HPP

#include <seqpool/scalar.hpp>

#include <unsupported/Eigen/CXX11/Tensor>

#include <array>
#include <cstddef>
#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI::detail {

// An Eigen tensor with memory behind it: Tensor, TensorFixedSize, or a TensorMap of either. An expression
// such as `x * 2.f` has none.
template <class X>
concept EigenTensor = requires(const X& x) {
  typename X::Scalar;
  typename X::Index;
  {X::NumIndices};
  {X::Layout};
  x.data();
  x.dimension(0);
};

template <class X, int Rank>
concept EigenTensorOfRank = EigenTensor<X> && static_cast<int>(X::NumIndices) == Rank;

template <class X>
using element_t = std::remove_cv_t<typename X::Scalar>;

template <class X>
inline constexpr bool is_row_major = static_cast<int>(X::Layout) == static_cast<int>(Eigen::RowMajor);

template <std::size_t Rank, class X>
std::array<Index, Rank> sizes_of(const X& x) {
  std::array<Index, Rank> sizes;
  // An index type that converts to whatever this tensor's dimension() takes without a change of sign.
  for (unsigned char i = 0; i != Rank; ++i) sizes[i] = static_cast<Index>(x.dimension(i));
  return sizes;
}

// How many elements lie between two neighbours along each dimension, when none are left out.
template <std::size_t Rank>
std::array<Index, Rank> dense_strides(const std::array<Index, Rank>& sizes, bool row_major) {
  std::array<Index, Rank> strides;
  Index stride = 1;
  for (std::size_t i = 0; i < Rank; ++i) {
    const std::size_t dimension = row_major ? Rank - 1 - i : i;
    strides[dimension] = stride;
    stride *= sizes[dimension];
  }
  return strides;
}

// A matrix anywhere in memory, seen through its strides; T may be const.
template <class T>
struct MatrixView {
  T* data;
  Index rows;
  Index columns;
  Index row_stride;
  Index column_stride;

  T& operator()(Index row, Index column) const { return data[row * row_stride + column * column_stride]; }
};

template <class X>
requires EigenTensorOfRank < std::remove_cvref_t<X>,
2 > auto matrix_view(X& x) {
  const auto sizes = sizes_of<2>(x);
  const auto strides = dense_strides(sizes, is_row_major<std::remove_cvref_t<X>>);
  using Element = std::remove_pointer_t<decltype(x.data())>;
  return MatrixView<Element>{x.data(), sizes[0], sizes[1], strides[0], strides[1]};
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail

#endif
