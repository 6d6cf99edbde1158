// SPDX-License-Identifier: MIT
// How far the numbers of the examples are from Python's.
#ifndef SEQPOOL_EXAMPLES_DIFFERENCE_HPP
#define SEQPOOL_EXAMPLES_DIFFERENCE_HPP

#include <cmath>
#include <seqpool/scalar.hpp>

// The largest |a - b| of two tensors of the same size and layout; a NaN stays.
template <class A, class B> float difference(const A& a, const B& b) {
  float largest = 0;
  for (seqpool::Index i = 0; i < b.size(); ++i) {
    const float d = std::abs(a.data()[i] - b.data()[i]);
    if (!(d <= largest)) largest = d;
  }
  return largest;
}

#endif
