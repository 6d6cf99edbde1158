// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_HEAD_ACTIVATION_HPP
#define SEQPOOL_HEAD_ACTIVATION_HPP

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/input/hidden_states.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI {

namespace detail {

template <class X>
consteval void require_logits() {
  static_assert(EigenTensorOfRank<X, 2>,
                "seqpool: softmax, log_softmax, sigmoid and argmax take logits [batch, classes]: an "
                "Eigen::Tensor or Eigen::TensorMap of rank 2. Evaluate an Eigen expression into a tensor first.");
  static_assert(Scalar<element_t<X>>,
                "seqpool: logits [batch, classes] must be of float, double, Eigen::half or Eigen::bfloat16.");
}

// The largest logit of a row, -inf for none. A NaN is passed over here and shows up in the exponentials.
template <class T>
accumulator_t<std::remove_const_t<T>> largest(const MatrixView<T>& logits, Index row) {
  auto largest = -std::numeric_limits<accumulator_t<std::remove_const_t<T>>>::infinity();
  for (Index c = 0; c < logits.columns; ++c) largest = (std::max)(largest, widen(logits(row, c)));
  return largest;
}

// e^(logit - largest), where -inf weighs nothing even as the largest.
template <class A>
A shifted_exp(A logit, A largest) {
  return logit == -std::numeric_limits<A>::infinity() ? A(0) : std::exp(logit - largest);
}

}  // namespace detail

/// Probabilities of classes that exclude each other: p[b, c] = e^(x[b, c] - m_b) / sum_k e^(x[b, k] - m_b),
/// where m_b is the row's largest logit.
///
/// **Shapes**: logits: `[batch, classes]`; result: the same, in logits' layout, of `accumulator_t`. **Empty**:
/// a row of -inf only gives zeros; no rows or no classes give an empty result. **Errors**: none.
/// **Complexity**: O(batch * classes), allocates the result. **Numerics**: finite logits never overflow, at
/// any size; relative error at most (classes + 4 + m_b - x[b, c]) * eps. A NaN or +inf makes its row NaN, as in
/// PyTorch.
/// **Source**: the shift is by the largest value; by the largest absolute value, [-60, 35] would overflow.
template <class X>
auto softmax(const X& logits) {
  detail::require_logits<X>();
  using A = accumulator_t<detail::element_t<X>>;
  const auto in = detail::matrix_view(logits);
  auto result = detail::make_result<X, A>(in.rows, in.columns);
  const auto out = detail::matrix_view(result);
  for (Index b = 0; b < in.rows; ++b) {
    const A largest = detail::largest(in, b);
    A sum = 0;
    for (Index c = 0; c < in.columns; ++c) {
      out(b, c) = detail::shifted_exp(widen(in(b, c)), largest);
      sum += out(b, c);
    }
    if (sum == 0) sum = 1;  // a row of -inf only
    for (Index c = 0; c < in.columns; ++c) out(b, c) /= sum;
  }
  return result;
}

/// Logarithms of `softmax`, without its underflow: x[b, c] - m_b - log sum_k e^(x[b, k] - m_b).
///
/// **Shapes**: logits: `[batch, classes]`; result: the same, in logits' layout, of `accumulator_t`. **Empty**:
/// a row of -inf only gives -inf; no rows or no classes give an empty result. **Errors**: none.
/// **Complexity**: O(batch * classes), allocates the result. **Numerics**: finite for finite logits; absolute
/// error at most (classes + 4 + m_b - x[b, c]) * eps. A NaN or +inf makes its row NaN.
template <class X>
auto log_softmax(const X& logits) {
  detail::require_logits<X>();
  using A = accumulator_t<detail::element_t<X>>;
  const auto in = detail::matrix_view(logits);
  auto result = detail::make_result<X, A>(in.rows, in.columns);
  const auto out = detail::matrix_view(result);
  for (Index b = 0; b < in.rows; ++b) {
    const A largest = detail::largest(in, b);
    A sum = 0;
    for (Index c = 0; c < in.columns; ++c) sum += detail::shifted_exp(widen(in(b, c)), largest);
    const A shift = sum == 0 ? A(0) : largest;  // a row of -inf only stays as it is
    const A log_sum = sum == 0 ? A(0) : std::log(sum);
    for (Index c = 0; c < in.columns; ++c) out(b, c) = widen(in(b, c)) - shift - log_sum;
  }
  return result;
}

/// Probabilities of classes that do not exclude each other: p = 1 / (1 + e^-x), each for itself.
///
/// **Shapes**: logits: `[batch, classes]`; result: the same, in logits' layout, of `accumulator_t`. **Errors**:
/// none. **Complexity**: O(batch * classes), allocates the result. **Numerics**: the exponential is taken of
/// -|x|, so nothing overflows at any x; relative error at most 4 * eps where the result is normal; NaN stays.
template <class X>
auto sigmoid(const X& logits) {
  detail::require_logits<X>();
  using A = accumulator_t<detail::element_t<X>>;
  const auto in = detail::matrix_view(logits);
  auto result = detail::make_result<X, A>(in.rows, in.columns);
  const auto out = detail::matrix_view(result);
  for (Index b = 0; b < in.rows; ++b)
    for (Index c = 0; c < in.columns; ++c) {
      const A x = widen(in(b, c));
      const A e = std::exp(-std::abs(x));
      out(b, c) = (x < 0 ? e : A(1)) / (A(1) + e);
    }
  return result;
}

/// The class with the largest logit: the first of equals; a NaN counts as larger than any number, as in PyTorch.
///
/// **Shapes**: logits: `[batch, classes]`; result: `[batch]`, an `Eigen::Tensor` of `Index` in logits' layout.
/// **Errors**: `std::invalid_argument` for rows without classes. **Complexity**: O(batch * classes), allocates
/// the result. **Numerics**: exact.
template <class X>
auto argmax(const X& logits) {
  detail::require_logits<X>();
  const auto in = detail::matrix_view(logits);
  if (in.rows > 0 && in.columns == 0)
    detail::fail("argmax: logits are " + detail::shape({in.rows, in.columns}) + ": there is no class to choose");
  auto result = detail::make_result<X, Index>(in.rows);
  for (Index b = 0; b < in.rows; ++b) {
    Index best = 0;
    for (Index c = 1; c < in.columns; ++c) {
      const auto value = widen(in(b, c));
      const auto held = widen(in(b, best));
      if (value > held || (std::isnan(value) && !std::isnan(held))) best = c;
    }
    result.data()[b] = best;
  }
  return result;
}

}  // namespace seqpool::inline SEQPOOL_ABI

#endif
