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

// Layer normalisation of one row, as seqpool::LayerNorm states it. The weight is empty if there is none, and so is the
// bias. x and y do not overlap.
template <class A>
void layer_norm(std::span<const A> x, std::span<A> y, A root_eps, std::span<const A> weight, std::span<const A> bias) {
  using Array = Eigen::Array<A, Eigen::Dynamic, 1>;
  using In = Eigen::Map<const Array, Eigen::Unaligned, Neighbours>;
  const Index features = static_cast<Index>(x.size());
  if (features == 0) return;
  const A count = static_cast<A>(features);
  const In from(x.data(), features);
  Eigen::Map<Array, Eigen::Unaligned, Neighbours> to(y.data(), features);
  // The mean is computed as an offset from one number of the row. Then the mean of the differences is subtracted as
  // well: it is what is left of an offset that is large compared to them.
  to = from - x[0];
  const A mean = x[0] + detail::sum(y.data(), features) / count;
  to = from - mean;
  const A left = detail::sum(y.data(), features) / count;
  to -= left;
  // The row is scaled so that its largest square is 1, and none overflows or vanishes.
  const A largest = detail::largest_size(y.data(), features);  // ignores a NaN, which shows up below
  to /= largest > 0 ? largest : A(1);
  const A deviation = std::sqrt(detail::dot(y.data(), y.data(), features) / count);
  // y / sqrt(variance + eps), with both divided by the largest. A row whose numbers are all the same stays 0, even
  // without an eps.
  const A root = std::hypot(deviation, root_eps / (largest > 0 ? largest : A(1)));
  to /= root == 0 ? A(1) : root;
  // These are two operations, so that no compiler makes them one for some features and not for others.
  if (!weight.empty()) to *= In(weight.data(), features);
  if (!bias.empty()) to += In(bias.data(), features);
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
