// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/scalar.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI::detail {

template <class W>
concept EigenMatrix = requires(const W& w) {
  typename W::Scalar;
  { W::RowsAtCompileTime };
  w.rows();
  w(0, 0);
};

template <class W>
concept MatrixLike = EigenTensorOfRank<W, 2> || EigenMatrix<W>;

template <class W, class T>
concept MatrixOf = MatrixLike<W> && std::same_as<element_t<W>, T>;

template <class W>
concept ScalarMatrix = MatrixLike<W> && Scalar<element_t<W>>;

// The sizes that the type states; a size that is known only at run time is Eigen::Dynamic.
template <class Dimensions> inline constexpr std::array<Index, 2> fixed_sizes{Eigen::Dynamic, Eigen::Dynamic};
template <std::ptrdiff_t Rows, std::ptrdiff_t Columns>
inline constexpr std::array<Index, 2> fixed_sizes<Eigen::Sizes<Rows, Columns>>{Rows, Columns};

template <class X> consteval std::array<Index, 2> static_sizes() {
  if constexpr (EigenTensor<X>)
    return fixed_sizes<typename X::Dimensions>;
  else if constexpr (EigenMatrix<X>)
    return {X::RowsAtCompileTime, X::ColsAtCompileTime};
  else
    return {Eigen::Dynamic, Eigen::Dynamic};  // refused elsewhere
}

template <MatrixLike X> std::array<Index, 2> run_time_sizes(const X& x) {
  if constexpr (EigenTensor<X>)
    return sizes_of<2>(x);
  else
    return {x.rows(), x.cols()};
}

// x, or its value, from which elements can be taken one by one. An expression such as a product would be computed again
// for each of them, so it is computed first.
template <MatrixLike X> decltype(auto) evaluated(const X& x) {
  if constexpr (EigenTensor<X>)
    return (x);
  else
    return x.eval();
}

// A matrix's numbers in the accumulator's type, row by row.
template <class A> struct Numbers {
  Index rows = 0;
  Index columns = 0;
  AlignedVector<A> values;

  A operator()(Index row, Index column) const { return values[static_cast<std::size_t>(row * columns + column)]; }
};

template <MatrixLike W>
  requires Scalar<element_t<W>>
auto widened_matrix(const W& weight, const char* what) {
  const auto [rows, columns] = detail::run_time_sizes(weight);
  if constexpr (EigenTensor<W>) static_cast<void>(detail::matrix_view(weight, what));  // throws if null
  Numbers<accumulator_t<element_t<W>>> copy{rows, columns, {}};
  copy.values.reserve(static_cast<std::size_t>(rows * columns));
  const auto& elements = detail::evaluated(weight);
  for (Index r = 0; r < rows; ++r)
    for (Index c = 0; c < columns; ++c) copy.values.push_back(widen(elements(r, c)));
  return copy;
}

constexpr bool sizes_agree(Index a, Index b) { return a == Eigen::Dynamic || b == Eigen::Dynamic || a == b; }

// x with the numbers of each row side by side, in the accumulator's type: where they are, or copied to `room`.
template <class A, class T> MatrixView<const A> side_by_side(const MatrixView<T>& x, AlignedVector<A>& room) {
  if constexpr (std::same_as<std::remove_const_t<T>, A>)
    if (x.column_stride == 1) return {x.data, x.rows, x.columns, x.row_stride, 1};
  room.resize(static_cast<std::size_t>(x.rows * x.columns));
  for (Index i = 0; i < x.rows; ++i)
    for (Index f = 0; f < x.columns; ++f) room[static_cast<std::size_t>(i * x.columns + f)] = widen(x(i, f));
  return {room.data(), x.rows, x.columns, x.columns, 1};
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
