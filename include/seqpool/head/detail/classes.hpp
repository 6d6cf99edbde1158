// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/head/probabilities.hpp>
#include <seqpool/scalar.hpp>

// What a row of logits says if its classes exclude each other. If there is only one logit, it stands for a single
// class.
namespace seqpool::inline SEQPOOL_ABI::detail {

// The softmax, or the sigmoid of a single class.
template <class X> auto probabilities_of(const X& logits) {
  return detail::matrix_view(logits, "logits").columns == 1 ? seqpool::sigmoid(logits) : seqpool::softmax(logits);
}

// The argmax, or for a single class whether its logit is above 0.
template <class X> auto classes_of(const X& logits) {
  auto classes = seqpool::argmax(logits);
  const auto in = detail::matrix_view(logits, "logits");
  if (in.columns == 1)
    for (Index b = 0; b < in.rows; ++b) classes.data()[b] = in(b, 0) > 0 ? 1 : 0;
  return classes;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
