// SPDX-License-Identifier: MIT
#pragma once

// One sequence in an Eigen matrix: hidden_states(matrix). The way back is as_matrix(vectors).
//
//     const Eigen::MatrixXf tokens = ...;  // [seq, hidden]
//     const auto vector = seqpool::mean_pool(seqpool::adapter::hidden_states(tokens));  // [1, hidden]
#include <seqpool/as_matrix.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/input/hidden_states.hpp>

#include <Eigen/Core>

#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI::adapter {

namespace detail {
template <class D> void takes_dense(const Eigen::DenseBase<D>&);
}  // namespace detail

/// A matrix or array of Eigen's, or an expression of one.
template <class M>
concept EigenMatrix = requires(const std::remove_cvref_t<M>& matrix) { detail::takes_dense(matrix); };

/// The tokens of one sequence, seen where they lie, as a `HiddenStates<T>` of `[1, seq, hidden]`.
///
/// **Shapes**: matrix: `[seq, hidden]`, a Matrix, Array, Map, Ref, Block or Transpose, in either storage order.
/// **Errors**: an expression, and a temporary that may own its memory (Matrix, Array, `Ref<const ...>`), do not
/// compile.
/// **Cost**: none. The features of a column-major matrix are not neighbours, so they are packed first.
template <EigenMatrix M> [[nodiscard]] auto hidden_states(M&& matrix);

// ---------------------------------------------------------------------------------------------------------------------

namespace detail {

template <class M> inline constexpr bool may_own_memory = std::is_base_of_v<Eigen::PlainObjectBase<M>, M>;
template <class P, int options, class Stride>
inline constexpr bool may_own_memory<Eigen::Ref<const P, options, Stride>> = true;

}  // namespace detail

template <EigenMatrix M> auto hidden_states([[maybe_unused]] M&& matrix) {
  using Matrix = std::remove_cvref_t<M>;
  using T = typename Matrix::Scalar;
  constexpr bool has_memory = (static_cast<unsigned>(Matrix::Flags) & Eigen::DirectAccessBit) != 0;
  static_assert(has_memory,
                "seqpool: evaluate an Eigen expression into a matrix first: Eigen::MatrixXf tokens = a + b;");
  constexpr bool outlives = std::is_lvalue_reference_v<M> || !detail::may_own_memory<Matrix>;
  static_assert(outlives,
                "seqpool: hidden states of a matrix must not outlive it: give the matrix a name, and view that.");
  static_assert(Scalar<T>, "seqpool: hidden states are a matrix of float, double, Eigen::half or Eigen::bfloat16.");
  if constexpr (has_memory && outlives && Scalar<T>)
    return HiddenStates<T>(matrix.data(), {1, static_cast<Index>(matrix.rows()), static_cast<Index>(matrix.cols())},
                           {0, static_cast<Index>(matrix.rowStride()), static_cast<Index>(matrix.colStride())});
  else
    return HiddenStates<seqpool::detail::lawful_t<T>>(nullptr, {0, 0, 0});  // so that no other error follows
}

}  // namespace seqpool::inline SEQPOOL_ABI::adapter
