// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/dot.hpp>
#include <seqpool/detail/rows.hpp>
#include <seqpool/fold/accumulators.hpp>
#include <seqpool/head/head.hpp>

#include <cmath>
#include <limits>
#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// Vectors of length 1: y = x / sqrt(sum_f x[f]^2), or by another norm, y = x / (sum_f |x[f]|^p)^(1 / p). A zero row
/// stays zero.
///
///     const seqpool::Embedder embedder{seqpool::Mean{}, seqpool::Normalize{}};
///     const seqpool::Normalize sum_of_1{1};  // by sum_f |x[f]|; by max_f |x[f]| with p = infinity
///
/// If vectors are cut too, put `Truncate` first.
///
/// **Shapes**: rows `[n, features]` to `[n, features]`.
/// **Cost**: O(n * features), with two powers of each feature unless p is 1, 2 or infinity; allocates nothing.
/// **Numerics**: powers are taken of x / max_f |x[f]|, so no scale makes them overflow or vanish.
/// |error| <= (features / 16 + 12) * eps * |y[f]| where y is normal, so a finite row that is not zero gets length 1
/// whatever its scale. For a p other than 2 the bound is (features / 16 + 24) * eps * |y[f]| / min(p, 1). For a p below
/// 1 it holds as long as the largest |y| is normal and no x[f] but 0 is so far below the largest that their quotient is
/// not: the norm, up to features^(1 / p) times the largest, may be beyond all numbers, as for p = 0.01 and 1000 equal
/// features, and then y is 0. A NaN or an infinity makes its row NaN.
/// **Source**: torch.nn.functional.normalize, which differs for rows shorter than its eps, 1e-12.
class Normalize {
 public:
  /// By the Euclidean norm.
  Normalize() = default;
  /// By the p-norm.
  ///
  /// **Errors**: `std::invalid_argument` for a p that is not over 0.
  explicit Normalize(double p) : p_(p) {
    if (!(p > 0)) detail::fail({"Normalize{", std::to_string(p), "}: p must be over 0, or infinity"});
  }

  [[nodiscard]] Index width(Index features) const noexcept { return features; }

  template <std::floating_point A> void map(std::type_identity_t<Rows<const A>> in, Rows<A> out) const;

 private:
  // The norm of y, whose largest number is 1 or -1. For all p but 2, y is overwritten.
  template <class A> A norm_of(std::span<A> y) const;

  double p_ = 2;
};

// ---------------------------------------------------------------------------------------------------------------------

template <std::floating_point A> void Normalize::map(std::type_identity_t<Rows<const A>> in, Rows<A> out) const {
  for (Index i = 0; i < in.size(); ++i) {
    const std::span<const A> x = in[i];
    const std::span<A> y = out[i];
    const A largest = detail::largest_size(x.data(), in.features());  // ignores a NaN, which shows up below
    const A scale = largest > 0 ? largest : A(1);
    as_array(y) = as_array(x) / scale;
    const A norm = norm_of(y);
    if (p_ != 2) as_array(y) = as_array(x) / scale;
    as_array(y) /= norm == 0 ? A(1) : norm;
  }
}

template <class A> A Normalize::norm_of(std::span<A> y) const {
  const Index features = static_cast<Index>(y.size());
  if (p_ == 2) return std::sqrt(detail::dot(y.data(), y.data(), features));
  const bool by_largest = p_ == std::numeric_limits<double>::infinity();
  if (by_largest || p_ == 1)
    as_array(y) = as_array(y).abs();
  else
    for (A& value : y) value = static_cast<A>(std::pow(static_cast<double>(std::abs(value)), p_));
  const A sum = detail::sum(y.data(), features);
  if (by_largest) return std::isnan(sum) ? sum : A(1);
  return p_ == 1 ? sum : static_cast<A>(std::pow(static_cast<double>(sum), 1 / p_));
}

}  // namespace seqpool::inline SEQPOOL_ABI
