// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/check.hpp>
#include <seqpool/detail/dot.hpp>
#include <seqpool/detail/rows.hpp>
#include <seqpool/scalar.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>

namespace seqpool::inline SEQPOOL_ABI::detail {

// The square root of a layer norm's eps.
template <class A> A root_of_eps(double eps) {
  if (!(eps >= 0 && eps <= (std::numeric_limits<double>::max)()))
    detail::fail({"LayerNorm's eps is ", detail::number_text(eps), ": it must be 0 or more, and finite"});
  return static_cast<A>(std::sqrt(eps));
}

// Normalises one row: y[f] = (x[f] - mean) / sigma with sigma = sqrt(variance + eps), which is returned: infinity if it
// is 0, as nothing goes back through equal numbers then. x and y do not overlap.
template <class A> A normalize_row(std::span<const A> x, std::span<A> y, A root_eps) {
  using Array = Eigen::Array<A, Eigen::Dynamic, 1>;
  const Index features = static_cast<Index>(x.size());
  if (features == 0) return 1;
  const A count = static_cast<A>(features);
  const Eigen::Map<const Array, Eigen::Unaligned, Neighbours> from(x.data(), features);
  Eigen::Map<Array, Eigen::Unaligned, Neighbours> to(y.data(), features);
  // The mean is computed as an offset from one number of the row. Then the mean of the differences is subtracted as
  // well: it is what is left of an offset that is large compared to them.
  to = from - x[0];
  const A mean = x[0] + detail::sum(y.data(), features) / count;
  to = from - mean;
  const A left = detail::sum(y.data(), features) / count;
  to -= left;
  // The row is scaled so that its largest square is 1, and none overflows or vanishes.
  const A size = detail::largest_size(y.data(), features);  // ignores a NaN, which shows up below
  const A largest = size > 0 ? size : A(1);
  to /= largest;
  const A deviation = std::sqrt(detail::dot(y.data(), y.data(), features) / count);
  // y / sqrt(variance + eps), with both divided by the largest. A row whose numbers are all the same stays 0, even
  // without an eps.
  const A root = std::hypot(deviation, root_eps / largest);
  to /= root == 0 ? A(1) : root;
  return root == 0 ? std::numeric_limits<A>::infinity() : root * largest;
}

// Layer normalisation of one row, as seqpool::LayerNorm states it. The weight is empty if there is none, and so is the
// bias. x and y do not overlap.
template <class A>
void layer_norm(std::span<const A> x, std::span<A> y, A root_eps, std::span<const A> weight, std::span<const A> bias) {
  using Array = Eigen::Array<A, Eigen::Dynamic, 1>;
  using In = Eigen::Map<const Array, Eigen::Unaligned, Neighbours>;
  const Index features = static_cast<Index>(x.size());
  Eigen::Map<Array, Eigen::Unaligned, Neighbours> to(y.data(), features);
  detail::normalize_row(x, y, root_eps);
  // These are two operations, so that no compiler makes them one for some features and not for others.
  if (!weight.empty()) to *= In(weight.data(), features);
  if (!bias.empty()) to += In(bias.data(), features);
}

// Its way back: d_x[f] = (v[f] - mean v - z[f] * mean(v * z)) / sigma with v = weight * d_y, where z is the normalised
// row, and what is added to the gradients of the weight, d_y * z, and of the bias, d_y; these are empty if there is
// none or nobody asks. d_x may be d_y. z: `[features]`, scratch.
template <class A>
void layer_norm_back(std::span<const A> x, std::span<const A> d_y, std::span<A> d_x, std::span<A> z, A root_eps,
                     std::span<const A> weight, std::span<A> own_weight, std::span<A> own_bias) {
  const Index features = static_cast<Index>(x.size());
  const A count = static_cast<A>(features);
  const A sigma = detail::normalize_row(x, z, root_eps);
  for (std::size_t f = 0; f < own_weight.size(); ++f) own_weight[f] += d_y[f] * z[f];
  for (std::size_t f = 0; f < own_bias.size(); ++f) own_bias[f] += d_y[f];
  for (std::size_t f = 0; f < x.size(); ++f) d_x[f] = weight.empty() ? d_y[f] : weight[f] * d_y[f];
  // The mean of v is taken away twice, as in a row that is normalised.
  for (int i = 0; i < 2; ++i) {
    const A mean = detail::sum(d_x.data(), features) / count;
    for (A& v : d_x) v -= mean;
  }
  const A along = detail::dot(d_x.data(), z.data(), features) / count;
  for (std::size_t f = 0; f < x.size(); ++f) d_x[f] = (d_x[f] - z[f] * along) / sigma;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
