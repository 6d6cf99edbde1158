// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/dot.hpp>
#include <seqpool/detail/rows.hpp>
#include <seqpool/fold/accumulators.hpp>
#include <seqpool/head/head.hpp>
#include <seqpool/scalar.hpp>

#include <cmath>
#include <concepts>
#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI {

/// y[f] = (x[f] - mean) / (s + 1e-5), where s is the row's unbiased standard deviation: s^2 = sum_f (x[f] - mean)^2 /
/// (features - 1). `LayerNorm` divides by features, and adds its eps under the root.
///
///     const seqpool::Embedder embedder{seqpool::Mean{}, seqpool::Standardize{}};
///
/// **Shapes**: rows `[n, features]` to `[n, features]`; with one feature all are NaN, as s is.
/// **Cost**: O(n * features); allocates nothing.
/// **Numerics**: sums in `accumulator_t`; |error| <= (features / 16 + 32) * eps * (1 + |y[f]|) * (1 + max_f |x[f]| / (s
/// + 1e-5)), as long as features * max_f x[f]^2 is finite, and normal unless it is 0. Gradients are within
/// (features / 2 + 192) * eps * (1 + |y[f]|) * (1 + max_f |x[f]| / s) * max_f |d_y[f]| / (s + 1e-5); where s is 0, so
/// is what goes back through it.
/// **Source**: sentence-transformers' SparseAutoEncoder, which calls it a layer norm.
struct Standardize {
  [[nodiscard]] Index width(Index features) const noexcept { return features; }

  template <std::floating_point A> void map(std::type_identity_t<Rows<const A>> in, Rows<A> out) const {
    for (Index i = 0; i < in.size(); ++i) standardize<A>(in[i], out[i]);
  }
  template <std::floating_point A>
  void backward(std::type_identity_t<Rows<const A>> in, std::type_identity_t<Rows<const A>> d_out, Rows<A> d_in,
                std::type_identity_t<std::span<A>> own) const;

 private:
  // Returns s.
  template <class A> static A standardize(std::span<const A> x, std::span<A> y);
};

// ---------------------------------------------------------------------------------------------------------------------

template <class A> A Standardize::standardize(std::span<const A> x, std::span<A> y) {
  const Index features = static_cast<Index>(x.size());
  const A n = static_cast<A>(features);
  as_array(y) = as_array(x) - detail::sum(x.data(), features) / n;
  const A s = std::sqrt(detail::dot(y.data(), y.data(), features) / (n - 1));
  as_array(y) /= s + A(1e-5);
  return s;
}

template <std::floating_point A>
void Standardize::backward(std::type_identity_t<Rows<const A>> in, std::type_identity_t<Rows<const A>> d_out,
                           Rows<A> d_in, std::type_identity_t<std::span<A>>) const {
  for (Index i = 0; i < d_in.size(); ++i) {
    const auto g = d_out[i];
    const auto d_x = d_in[i];
    const A n = static_cast<A>(g.size());
    const A s = standardize<A>(in[i], d_x);
    const A along = detail::dot(g.data(), d_x.data(), in.features()) / (n - 1);
    as_array(d_x) *= s == 0 ? A(0) : along * ((s + A(1e-5)) / s);
    as_array(d_x) = as_array(g) - as_array(d_x);
    as_array(d_x) -= detail::sum(g.data(), in.features()) / n;
    as_array(d_x) /= s + A(1e-5);
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
