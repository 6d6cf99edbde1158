// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/scalar.hpp>

#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI {

/// A result `[batch, width]` as an Eigen matrix over the same memory, an `Eigen::Map`, for all that Eigen does with
/// matrices. A temporary tensor is copied into a matrix that may be kept.
///
///     const auto vectors = seqpool::mean_pool(x, mask);
///     const Eigen::MatrixXf similarity = seqpool::as_matrix(vectors) * seqpool::as_matrix(vectors).transpose();
///
/// **Shapes**: x: `[rows, columns]`, an Eigen tensor or map of rank 2; result: the same, in x's layout, writable if x
/// is.
/// **Errors**: `std::invalid_argument` for a null pointer to at least one element.
/// **Cost**: none; a temporary tensor is copied once.
template <class X> [[nodiscard]] auto as_matrix(X&& x);

// ---------------------------------------------------------------------------------------------------------------------

template <class X> auto as_matrix(X&& x) {
  using Tensor = std::remove_cvref_t<X>;
  static_assert(detail::EigenTensorOfRank<Tensor, 2>,
                "seqpool: as_matrix takes what pool and map return, an Eigen::Tensor or Eigen::TensorMap of rank 2.");
  if constexpr (detail::EigenTensorOfRank<Tensor, 2>) {
    using Element = std::remove_pointer_t<decltype(x.data())>;
    // Eigen refuses a row-major column vector only if its width is fixed; here it is not.
    using Matrix = Eigen::Matrix<std::remove_const_t<Element>, Eigen::Dynamic, Eigen::Dynamic,
                                 detail::is_row_major<Tensor> ? Eigen::RowMajor : Eigen::ColMajor>;
    using Map = Eigen::Map<std::conditional_t<std::is_const_v<Element>, const Matrix, Matrix>>;
    const auto view = detail::matrix_view(x, "x");
    const Map map(view.data, static_cast<Eigen::Index>(view.rows), static_cast<Eigen::Index>(view.columns));
    // A TensorMap owns nothing, so a temporary one is as good as any.
    if constexpr (std::is_lvalue_reference_v<X> || detail::is_tensor_map<Tensor>)
      return map;
    else
      return Matrix(map);
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
