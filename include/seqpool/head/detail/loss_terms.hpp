// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/compiler.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/scalar.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::detail {

// Throws unless weights are as many as `what` needs, numbers of 0 or more, and not all 0; an empty list is ones.
inline void check_weights(const std::vector<double>& weights, Index count, const char* what) {
  if (weights.empty()) return;
  if (static_cast<Index>(weights.size()) != count)
    detail::fail({"there are ", weights.size(), " ", what, ", but ", count, " are needed"});
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!(weights[i] >= 0) || !std::isfinite(weights[i]))
      detail::fail({what, "[", i, "] is ", detail::number_text(weights[i]), ": a weight is a number of 0 or more"});
    sum += weights[i];
  }
  if (!(sum > 0) || !std::isfinite(sum))
    detail::fail({what, " add up to ", detail::number_text(sum), ": they must add up to a number over 0"});
}

// Rows' weights and what each is of their sum.
struct RowShares {
  std::vector<double> shares;  // [rows]
  double total = 0;

  RowShares() = default;
  // weight(row): s of that row.
  template <class Weight> RowShares(Index rows, Weight weight) : shares(static_cast<std::size_t>(rows)) {
    for (std::size_t i = 0; i < shares.size(); ++i) total += shares[i] = weight(i);
    if (!shares.empty() && !(total > 0)) detail::fail("the weights of all rows are 0: no row would be learned from");
    if (!std::isfinite(total)) detail::fail("the weights of all rows add up to more than a number can hold");
    for (double& share : shares) share /= total;
  }
};

// A term and its slope, from log1p(e^-|z|), which cannot overflow; where the class is sure they keep their digits, and
// an infinity that is right costs nothing.
struct Logistic {
  double term;
  double slope;
};
inline Logistic logistic(double z, double target) {
  const double e = std::exp(-std::abs(z));
  const double on = z >= 0 ? 1 : e, off = z >= 0 ? e : 1;  // (1 + e) * (1 / (1 + e^-z)), and what is left of 1 + e
  const double wrong = z > 0 ? 1 - target : target;
  return {std::log1p(e) + (wrong == 0 ? 0 : std::abs(z) * wrong), ((1 - target) * on - target * off) / (1 + e)};
}

template <class L> std::vector<Index> labels_of(const L& labels) {
  static_assert(
      IntegerVector<L>,
      "seqpool: labels are one integer for each row, [batch]: a contiguous range such as std::vector<int>, an "
      "Eigen vector, or an Eigen tensor of rank 1.");
  if constexpr (IntegerVector<L>)
    return detail::indices(labels, [](std::size_t row, const std::string& label) {
      detail::fail({"labels: row ", row, " has label ", label, ": a label is the number of a class, from 0 on"});
    });
  else
    return {};
}
[[noreturn]] SEQPOOL_COLD inline void fail_label(std::size_t row, Index label, Index classes) {
  detail::fail(
      {"labels: row ", row, " has label ", label, ", but there are ", classes, " classes, 0 to ", classes - 1});
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
