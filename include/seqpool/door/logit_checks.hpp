// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/scalar.hpp>

#include <concepts>
#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI::detail {

// Each of these is true, or a compile error that says what to write instead.

template <class X> consteval bool are_logits() {
  constexpr bool matrix = VectorsArgument<X>, lawful = ScalarVectors<X>;
  static_assert(
      matrix,
      "seqpool: softmax, log_softmax, sigmoid, argmax, threshold, top_k and rerank_scores take logits "
      "[batch, classes], or probabilities: an Eigen::Tensor or Eigen::TensorMap of rank 2. Evaluate an Eigen "
      "expression into a tensor first, and view other memory with seqpool::Vectors<T>(data, {batch, classes}).");
  static_assert(lawful || !matrix,
                "seqpool: logits [batch, classes] must be of float, double, Eigen::half or Eigen::bfloat16.");
  return lawful;
}

// What one probability is compared with.
template <class T>
concept ThresholdNumber = Scalar<T> || (std::is_arithmetic_v<T> && !std::same_as<T, bool>);

template <class T> consteval bool is_threshold() {
  constexpr bool lawful = ThresholdNumber<T> || ScalarVector<T>;
  static_assert(lawful,
                "seqpool: threshold(probabilities, t) takes one number, or one for each class: an Eigen tensor of rank "
                "1, an Eigen vector or a contiguous range, of float, double, Eigen::half or Eigen::bfloat16.");
  return lawful;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
