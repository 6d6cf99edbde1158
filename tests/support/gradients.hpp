// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_GRADIENTS_HPP
#define SEQPOOL_TESTS_SUPPORT_GRADIENTS_HPP

#include <algorithm>
#include <cmath>
#include <seqpool/seqpool.hpp>
#include <string>
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

// What `gradient`, and the comment of its pooling, promise of the case of all_poolings that has this name.
struct GradientBound {
  std::string name;
  bool attends;
  double errors;  // in eps of the largest gradient

  // GeneralizedMean's powers multiply what log x is off by; log_size is max |log x|.
  GradientBound(const std::string& name_, double log_size)
      : name(name_),
        attends(name.find("ttenti") != name.npos || name.starts_with("SoftmaxPooling")),
        errors(attends ? 64 : 16) {
    if (name.starts_with("GeneralizedMean"))
      errors += 3 * (name.ends_with("each feature") ? 4.5 : name.ends_with("2.5") ? 1.5 : 2) * log_size;
  }

  // What stands for the largest gradient of n tokens where that is smaller, for sum_h |g[h]|: at least so much are the
  // largest terms of it. What a normalized token learns along itself cancels, and what a token learns by several heads
  // or query tokens may.
  [[nodiscard]] double least_of_tokens(double sum, double n, double hidden, double shortest) const {
    if (attends) return sum / n / hidden;
    if (name == "MaxSim of normalized tokens") return sum * 0.75 / shortest;
    return name.starts_with("MaxSim") ? sum * (name == "MaxSim per query token" ? 1 : 5) / 4 / n : 0;
  }

  // The same of a parameter, where `most` is max |x|. What a whole feature or token learns by is a sum over features
  // that may cancel. What attention's other parameters learn by are d scores, which the rounding of the result moves,
  // times what each multiplies: a place, |x|^2, x, or 1 for a bias.
  [[nodiscard]] double least(const std::string& parameter, double n, double hidden, double sum, double most,
                             double eps) const {
    const double size = sum * most, moved = (n + 16) * size / errors;
    if (parameter == "r") {
      const double r = name.ends_with("0.25") ? 0.25 : 10;
      const double out = (4 * (std::min(n, 256.) + n / 256) + 2 * std::log(n) + 4) / r + 3 * most;
      return size + sum * out / r / errors;
    }
    if (parameter == "p") return sum * std::max(most, 1.);
    if (parameter == "weights") return size;
    if (parameter == "position_weight") return moved * n;
    if (parameter == "slopes") return moved * most * most * hidden;
    if (!attends) return 0;
    // Of tokens that are all alike a query learns nothing but what their mean is rounded by.
    return moved * (parameter == "query" ? most * eps : std::max(most, 1.));
  }
};

}  // namespace test

#endif
