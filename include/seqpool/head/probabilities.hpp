// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/logits.hpp>
#include <seqpool/door/logit_checks.hpp>

#include <cmath>

namespace seqpool::inline SEQPOOL_ABI {

// This holds for all of these: logits are `[batch, classes]`, an Eigen::Tensor or Eigen::TensorMap of rank 2, or
// `Vectors`, of float, double, Eigen::half or Eigen::bfloat16; the result is in their layout, row-major if they are not
// a tensor, computed in `accumulator_t`. Rows do not depend on each other, and a NaN in a result is the one quiet NaN
// of its type. No rows or no classes give an empty result. A null pointer to at least one logit throws
// `std::invalid_argument`. Each costs O(batch * classes) and allocates the result.

/// Probabilities of classes that exclude each other: p[b, c] = e^(x[b, c] - m_b) / sum_k e^(x[b, k] - m_b), where m_b
/// is the row's largest logit.
///
/// **Shapes**: logits: `[batch, classes]`; result: the same, of `accumulator_t`.
/// **Empty**: a row of nothing but -inf gives zeros.
/// **Numerics**: finite logits never overflow; the relative error is at most (classes + 4 + m_b - x[b, c]) * eps where
/// the result is normal, elsewhere the absolute error is at most the smallest normal number. A NaN or +inf makes its
/// row NaN, as in PyTorch.
/// **Source**: logits are shifted by the largest value; by the largest absolute value, [-60, 35] would overflow.
template <class X> [[nodiscard]] auto softmax(const X& logits);

/// Logarithms of `softmax`, without its underflow: x[b, c] - m_b - log sum_k e^(x[b, k] - m_b).
///
/// **Shapes**: logits: `[batch, classes]`; result: the same, of `accumulator_t`.
/// **Empty**: a row of nothing but -inf stays so.
/// **Numerics**: absolute error at most (classes + 4 + m_b - x[b, c]) * eps for finite logits, as long as m_b - x[b, c]
/// is finite in `accumulator_t`; where it is not, the result is -inf. A NaN or +inf makes its row NaN.
template <class X> [[nodiscard]] auto log_softmax(const X& logits);

/// Probabilities of classes that do not exclude each other: p = 1 / (1 + e^-x), each by itself.
///
/// **Shapes**: logits: `[batch, classes]`; result: the same, of `accumulator_t`.
/// **Numerics**: the exponential is taken of -|x|, so nothing overflows at any x; relative error at most 4 * eps where
/// the result is normal; NaN stays. From x of about 17 on in float, 37 in double, the nearest number is 1: order by the
/// logits there.
template <class X> [[nodiscard]] auto sigmoid(const X& logits);

/// The class with the largest logit: the first of equals; a NaN counts as larger than any number, as in PyTorch.
///
/// **Shapes**: logits: `[batch, classes]`; result: `[batch]`, an `Eigen::Tensor` of `Index`.
/// **Errors**: `std::invalid_argument` for rows without classes.
/// **Numerics**: exact.
template <class X> [[nodiscard]] auto argmax(const X& logits);

// ---------------------------------------------------------------------------------------------------------------------

template <class X> auto softmax(const X& logits) {
  if constexpr (detail::are_logits<X>())
    return detail::map_logits(logits, [](auto row) { detail::make_probabilities(row); });
  else
    return detail::refused<X>();
}

template <class X> auto log_softmax(const X& logits) {
  if constexpr (detail::are_logits<X>())
    return detail::map_logits(logits, []<class A>(detail::LogitRow<A> row) {
      const A largest = row.largest();
      A sum = 0;
      for (Index c = 0; c < row.size(); ++c) sum += detail::shifted_exp(row[c], largest);
      if (sum == 0) return;  // a row of nothing but -inf stays as it is
      const A log_sum = std::log(sum);
      for (Index c = 0; c < row.size(); ++c) row[c] = row[c] - largest - log_sum;
    });
  else
    return detail::refused<X>();
}

template <class X> auto sigmoid(const X& logits) {
  if constexpr (detail::are_logits<X>())
    return detail::map_logits(logits, []<class A>(detail::LogitRow<A> row) {
      for (Index c = 0; c < row.size(); ++c) {
        const A e = std::exp(-std::abs(row[c]));
        row[c] = (row[c] < 0 ? e : A(1)) / (A(1) + e);
      }
    });
  else
    return detail::refused<X>();
}

template <class X> auto argmax(const X& logits) {
  if constexpr (detail::are_logits<X>()) {
    const auto in = detail::matrix_view(logits, "logits");
    if (in.rows > 0 && in.columns == 0)
      detail::fail({"argmax: logits are ", detail::shape({in.rows, in.columns}), ": there is no class to choose"});
    auto result = detail::make_result<X, Index>(in.rows);
    for (Index b = 0; b < in.rows; ++b) {
      Index best = 0;
      for (Index c = 1; c < in.columns; ++c)
        if (detail::exceeds(widen(in(b, c)), widen(in(b, best)))) best = c;
      result.data()[b] = best;
    }
    return result;
  } else {
    return detail::refused<X, Index, 1>();
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
