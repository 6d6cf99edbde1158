// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/rows.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace seqpool::inline SEQPOOL_ABI::detail {

// A row of the result: at first the logits, then what is computed from them.
template <class A> struct LogitRow {
  MatrixView<A> view;
  Index row;

  Index size() const noexcept { return view.columns; }
  A& operator[](Index c) const { return view(row, c); }

  // The largest number, or -inf if there is none. A NaN is ignored here and shows up in the exponentials.
  A largest() const {
    A result = -std::numeric_limits<A>::infinity();
    for (Index c = 0; c < size(); ++c) result = (std::max)(result, (*this)[c]);
    return result;
  }
};

// The one loop over rows: each row of the result is set to the widened logits, and f(row) turns them into the result.
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

// e^(logit - largest); a logit of -inf weighs nothing, even if it is the largest.
template <class A> A shifted_exp(A logit, A largest) {
  return logit == -std::numeric_limits<A>::infinity() ? A(0) : std::exp(logit - largest);
}

// The softmax of a row, in place; zeros if all its logits are -inf.
template <class A> void make_probabilities(LogitRow<A> row) {
  const A largest = row.largest();
  A sum = 0;
  for (Index c = 0; c < row.size(); ++c) sum += row[c] = detail::shifted_exp(row[c], largest);
  if (sum == 0) sum = 1;
  for (Index c = 0; c < row.size(); ++c) row[c] /= sum;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
