// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/check.hpp>
#include <seqpool/detail/dot.hpp>
#include <seqpool/detail/rows.hpp>
#include <seqpool/scalar.hpp>

#include <cmath>
#include <limits>
#include <span>
#include <string>

namespace seqpool::inline SEQPOOL_ABI::detail {

// The square root of a layer norm's eps.
template <class A> A root_of_eps(double eps) {
  if (!(eps >= 0 && eps <= (std::numeric_limits<double>::max)()))
    detail::fail({"LayerNorm's eps is ", std::to_string(eps), ": it must be 0 or more, and finite"});
  return static_cast<A>(std::sqrt(eps));
}

// Layer normalisation of one row, as seqpool::LayerNorm states it. The weight, and the bias, are empty if there is
// none; x and y do not overlap.
template <class A>
void layer_norm(std::span<const A> x, std::span<A> y, A root_eps, std::span<const A> weight, std::span<const A> bias) {
  using Array = Eigen::Array<A, Eigen::Dynamic, 1>;
  using In = Eigen::Map<const Array, Eigen::Unaligned, Neighbours>;
  const Index features = static_cast<Index>(x.size());
  if (features == 0) return;
  const A count = static_cast<A>(features);
  const In from(x.data(), features);
  Eigen::Map<Array, Eigen::Unaligned, Neighbours> to(y.data(), features);
  // The mean as an offset from a number of the row, and then once more from itself: what is left of an offset that is
  // large beside the differences.
  to = from - x[0];
  const A mean = x[0] + detail::sum(y.data(), features) / count;
  to = from - mean;
  const A left = detail::sum(y.data(), features) / count;
  to -= left;
  // Squares of the largest 1, so that none overflows or vanishes.
  const A largest = detail::largest_size(y.data(), features);  // passes over a NaN, which is met below
  to /= largest > 0 ? largest : A(1);
  const A deviation = std::sqrt(detail::dot(y.data(), y.data(), features) / count);
  // y / sqrt(variance + eps), both over the largest; a row of one number all along stays 0, without an eps too.
  const A root = std::hypot(deviation, root_eps / (largest > 0 ? largest : A(1)));
  to /= root == 0 ? A(1) : root;
  // One operation each, so that no compiler makes one of two for some features and not for others.
  if (!weight.empty()) to *= In(weight.data(), features);
  if (!bias.empty()) to += In(bias.data(), features);
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
