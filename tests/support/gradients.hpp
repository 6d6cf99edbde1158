// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_GRADIENTS_HPP
#define SEQPOOL_TESTS_SUPPORT_GRADIENTS_HPP

#include <algorithm>
#include <cmath>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/random.hpp"

namespace test {

// The slope of f at numbers[i], by central differences.
template <class F> double slope_of(F f, std::vector<double> numbers, std::size_t i, double step = 1e-6) {
  const double at = numbers[i];
  numbers[i] = at + step;
  const double above = f(numbers);
  numbers[i] = at - step;
  return (above - f(numbers)) / (2 * step);
}

// The largest difference of the slopes of f to `gradient`, at every `each`-th number, as a part of the largest
// gradient.
template <class F, class G>
double slope_error(F f, const std::vector<double>& numbers, const G& gradient, std::size_t each = 1) {
  double error = 0, largest = 1e-30;
  for (const double g : gradient) largest = std::max(largest, std::abs(g));
  for (std::size_t i = 0; i < numbers.size(); i += each)
    error = std::max(error, std::abs(slope_of(f, numbers, i) - gradient[i]));
  return error / largest;
}

// The largest difference of two gradients, as a part of the largest, or of `least` if that is larger.
template <class A, class B> double gradient_error(const A& found, const B& expected, double least = 0) {
  double error = 0, largest = std::max(least, 1e-300);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
    const double off = std::abs(static_cast<double>(found[i]) - static_cast<double>(expected[i]));
    error = off <= error ? error : off;  // a NaN stays
  }
  return error / largest;
}

}  // namespace test

#endif
