// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_DETAIL_SIDE_BY_SIDE_HPP
#define SEQPOOL_DETAIL_SIDE_BY_SIDE_HPP

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/scalar.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI::detail {

// Rows whose numbers lie side by side in the accumulator's type: where they are, or copied to `room`.
template <class A, class T> MatrixView<const A> side_by_side(const MatrixView<T>& x, AlignedVector<A>& room) {
  if constexpr (std::same_as<std::remove_const_t<T>, A>)
    if (x.column_stride == 1) return {x.data, x.rows, x.columns, x.row_stride, 1};
  room.resize(static_cast<std::size_t>(x.rows * x.columns));
  for (Index i = 0; i < x.rows; ++i)
    for (Index f = 0; f < x.columns; ++f) room[static_cast<std::size_t>(i * x.columns + f)] = widen(x(i, f));
  return {room.data(), x.rows, x.columns, x.columns, 1};
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail

#endif
