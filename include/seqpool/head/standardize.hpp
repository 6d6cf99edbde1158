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
/// + 1e-5)), as long as features * max_f x[f]^2 is finite, and normal unless it is 0.
/// **Source**: sentence-transformers' SparseAutoEncoder, which calls it a layer norm.
struct Standardize {
  [[nodiscard]] Index width(Index features) const noexcept { return features; }

  template <std::floating_point A> void map(std::type_identity_t<Rows<const A>> in, Rows<A> out) const;
};

// ---------------------------------------------------------------------------------------------------------------------

template <std::floating_point A> void Standardize::map(std::type_identity_t<Rows<const A>> in, Rows<A> out) const {
  for (Index i = 0; i < in.size(); ++i) {
    const auto x = in[i];
    const auto y = out[i];
    const A n = static_cast<A>(x.size());
    as_array(y) = as_array(x) - detail::sum(x.data(), in.features()) / n;
    as_array(y) /= std::sqrt(detail::dot(y.data(), y.data(), in.features()) / (n - 1)) + A(1e-5);
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
