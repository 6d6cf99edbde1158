// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/rows.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI::detail {

// Logits as they may be, or a sentence.
template <class X> consteval bool are_logits() {
  static_assert(EigenTensorOfRank<X, 2>,
                "seqpool: softmax, log_softmax, sigmoid, argmax, threshold, top_k and rerank_scores take logits "
                "[batch, classes], or probabilities: an Eigen::Tensor or Eigen::TensorMap of rank 2. Evaluate an Eigen "
                "expression into a tensor first.");
  if constexpr (EigenTensorOfRank<X, 2>) {
    static_assert(Scalar<element_t<X>>,
                  "seqpool: logits [batch, classes] must be of float, double, Eigen::half or Eigen::bfloat16.");
    return Scalar<element_t<X>>;
  } else {
    return false;
  }
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

// A row of the result before and after it is computed.
template <class A> struct LogitRow {
  MatrixView<A> view;
  Index row;

  Index size() const noexcept { return view.columns; }
  A& operator[](Index c) const { return view(row, c); }

  // The largest, -inf for none. A NaN is passed over here and shows up in the exponentials.
  A largest() const {
    A result = -std::numeric_limits<A>::infinity();
    for (Index c = 0; c < size(); ++c) result = (std::max)(result, (*this)[c]);
    return result;
  }
};

// The one loop over rows: each row of the result is the logits, widened, and what f(row) makes of them.
template <class X, class F> auto map_logits(const X& logits, F f) {
  using A = accumulator_t<element_t<X>>;
  const auto in = detail::matrix_view(logits, "logits");
  auto result = detail::make_result<X, A>(in.rows, in.columns);
  const LogitRow<A> first{detail::matrix_view(result, "the result"), 0};
  for (LogitRow<A> row = first; row.row < in.rows; ++row.row) {
    for (Index c = 0; c < in.columns; ++c) row[c] = widen(in(row.row, c));
    f(row);
    for (Index c = 0; c < in.columns; ++c) row[c] = detail::canonical(row[c]);
  }
  return result;
}

// e^(logit - largest), where -inf weighs nothing even as the largest.
template <class A> A shifted_exp(A logit, A largest) {
  return logit == -std::numeric_limits<A>::infinity() ? A(0) : std::exp(logit - largest);
}

// The softmax of a row in place; zeros of -inf only.
template <class A> void make_probabilities(LogitRow<A> row) {
  const A largest = row.largest();
  A sum = 0;
  for (Index c = 0; c < row.size(); ++c) sum += row[c] = detail::shifted_exp(row[c], largest);
  if (sum == 0) sum = 1;
  for (Index c = 0; c < row.size(); ++c) row[c] /= sum;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
