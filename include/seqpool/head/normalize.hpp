// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/dot.hpp>
#include <seqpool/detail/rows.hpp>
#include <seqpool/fold/accumulators.hpp>
#include <seqpool/head/head.hpp>

#include <array>
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
/// features, and then y is 0. A NaN or an infinity makes its row NaN. Gradients are within (features / 3 + 112) *
/// max(p, 1 / p) * eps * (|d_y[f]| + |y[f]|^(p - 1) * sum_f |y[f] d_y[f]|) / |x|, with 1 in p's place for infinity,
/// whose norm is that of the first of the largest. A zero row's are 0, and |x|'s slope is 0 where x[f] is.
/// **Source**: torch.nn.functional.normalize, which differs for rows shorter than its eps, 1e-12, and for ties of the
/// largest.
class Normalize {
 public:
  /// By the Euclidean norm.
  Normalize() = default;
  /// By the p-norm.
  ///
  /// **Errors**: `std::invalid_argument` for a p that is not over 0.
  explicit Normalize(double p) : p_(p) {
    if (!(p > 0)) detail::fail({"Normalize{", detail::number_text(p), "}: p must be over 0, or infinity"});
  }

  [[nodiscard]] Index width(Index features) const noexcept { return features; }

  template <std::floating_point A> void map(std::type_identity_t<Rows<const A>> in, Rows<A> out) const {
    for (Index i = 0; i < in.size(); ++i) normalize<A>(in[i], out[i]);
  }
  template <std::floating_point A>
  void backward(std::type_identity_t<Rows<const A>> in, std::type_identity_t<Rows<const A>> d_out, Rows<A> d_in,
                std::type_identity_t<std::span<A>> own) const;

 private:
  // Two factors of the norm, of which one alone may overflow together; infinity for a zero row.
  template <class A> std::array<A, 2> normalize(std::span<const A> x, std::span<A> y) const;
  // The norm of y, whose largest number is 1 or -1. For all p but 2, y is overwritten.
  template <class A> A norm_of(std::span<A> y) const;

  double p_ = 2;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class A> std::array<A, 2> Normalize::normalize(std::span<const A> x, std::span<A> y) const {
  const A largest = detail::largest_size(x.data(), static_cast<Index>(x.size()));  // a NaN shows up below
  const A scale = largest > 0 ? largest : A(1);
  as_array(y) = as_array(x) / scale;
  const A found = norm_of(y);
  const A norm = found == 0 ? std::numeric_limits<A>::infinity() : found;
  if (p_ != 2) as_array(y) = as_array(x) / scale;
  as_array(y) /= norm;
  return {norm, scale};
}

template <std::floating_point A>
void Normalize::backward(std::type_identity_t<Rows<const A>> in, std::type_identity_t<Rows<const A>> d_out,
                         Rows<A> d_in, std::type_identity_t<std::span<A>>) const {
  for (Index i = 0; i < d_in.size(); ++i) {
    const auto d_x = d_in[i];
    const auto [norm, scale] = normalize<A>(in[i], d_x);
    const A along = detail::dot(d_x.data(), d_out[i].data(), in.features());
    bool is_first = true;  // of those that are the norm by infinity
    for (A& y : d_x) {
      if (p_ == std::numeric_limits<double>::infinity())
        y = is_first && std::abs(y) == 1 ? (is_first = false, y) : A(0);
      else if (p_ != 2 && y != 0)
        y = std::copysign(static_cast<A>(std::pow(static_cast<double>(std::abs(y)), p_ - 1)), y);
    }
    as_array(d_x) *= along;
    as_array(d_x) = as_array(d_out[i]) - as_array(d_x);
    as_array(d_x) /= norm;
    as_array(d_x) /= scale;
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
  if (by_largest) return sum > 0 ? A(1) : sum;  // 0, or NaN
  return p_ == 1 ? sum : static_cast<A>(std::pow(static_cast<double>(sum), 1 / p_));
}

}  // namespace seqpool::inline SEQPOOL_ABI
