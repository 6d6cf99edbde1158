// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_DETAIL_MATRIX_HPP
#define SEQPOOL_DETAIL_MATRIX_HPP

#include <seqpool/detail/tensor.hpp>
#include <seqpool/scalar.hpp>

#include <array>
#include <cstddef>

namespace seqpool::inline SEQPOOL_ABI::detail {

template <class W>
concept EigenMatrix = requires(const W& w) {
  typename W::Scalar;
  {W::RowsAtCompileTime};
  w.rows();
  w(0, 0);
};

template <class W>
concept MatrixLike = EigenTensorOfRank<W, 2> || EigenMatrix<W>;

template <class W>
concept ScalarMatrix = MatrixLike<W> && Scalar<element_t<W>>;

// A size that the type states, Eigen::Dynamic where it is known at run time only.
template <class Dimensions>
inline constexpr std::array<Index, 2> fixed_sizes{Eigen::Dynamic, Eigen::Dynamic};
template <std::ptrdiff_t Rows, std::ptrdiff_t Columns>
inline constexpr std::array<Index, 2> fixed_sizes<Eigen::Sizes<Rows, Columns>>{Rows, Columns};

template <class X>
consteval std::array<Index, 2> static_sizes() {
  if constexpr (EigenTensor<X>)
    return fixed_sizes<typename X::Dimensions>;
  else if constexpr (EigenMatrix<X>)
    return {X::RowsAtCompileTime, X::ColsAtCompileTime};
  else
    return {Eigen::Dynamic, Eigen::Dynamic};  // of what is refused elsewhere
}

template <MatrixLike X>
std::array<Index, 2> run_time_sizes(const X& x) {
  if constexpr (EigenTensor<X>)
    return sizes_of<2>(x);
  else
    return {x.rows(), x.cols()};
}

// What elements can be taken from one by one: an expression such as a product, which would be computed anew for each of
// them, is computed first.
template <MatrixLike X>
decltype(auto) evaluated(const X& x) {
  if constexpr (EigenTensor<X>)
    return (x);
  else
    return x.eval();
}

constexpr bool sizes_agree(Index a, Index b) { return a == Eigen::Dynamic || b == Eigen::Dynamic || a == b; }

}  // namespace seqpool::inline SEQPOOL_ABI::detail

#endif
