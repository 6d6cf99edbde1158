// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/head/probabilities.hpp>
#include <seqpool/scalar.hpp>

// What a row of logits says where its classes exclude each other, and a single class has one logit.
namespace seqpool::inline SEQPOOL_ABI::detail {

// softmax, or of a single class sigmoid.
template <class X> auto probabilities_of(const X& logits) {
  return detail::matrix_view(logits, "logits").columns == 1 ? seqpool::sigmoid(logits) : seqpool::softmax(logits);
}

// argmax, or of a single class whether its logit is over 0.
template <class X> auto classes_of(const X& logits) {
  auto classes = seqpool::argmax(logits);
  const auto in = detail::matrix_view(logits, "logits");
  if (in.columns == 1)
    for (Index b = 0; b < in.rows; ++b) classes.data()[b] = in(b, 0) > 0 ? 1 : 0;
  return classes;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
