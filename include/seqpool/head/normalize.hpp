// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_HEAD_NORMALIZE_HPP
#define SEQPOOL_HEAD_NORMALIZE_HPP

#include <seqpool/detail/dot.hpp>
#include <seqpool/detail/extremum.hpp>
#include <seqpool/fold/accumulators.hpp>
#include <seqpool/head/head.hpp>
#include <seqpool/scalar.hpp>

#include <cmath>
#include <concepts>
#include <span>
#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI {

/// Vectors of length 1: y = x / sqrt(sum_f x[f]^2). A zero row stays zero.
///
///     const seqpool::Embedder embedder{seqpool::Mean{}, seqpool::Normalize{}};
///
/// Where vectors are cut too, `Truncate` comes first.
///
/// **Shapes**: rows `[n, features]` to `[n, features]`.
/// **Cost**: O(n * features); allocates nothing.
/// **Numerics**: squares are of x / max_f |x[f]|, so none overflows or vanishes: a finite row that is not zero gets
/// length 1 whatever its scale; |error| <= (features / 16 + 12) * eps * |y[f]| where y is normal. A NaN or an infinity
/// makes its row NaN.
/// **Source**: torch.nn.functional.normalize, which differs for rows shorter than its eps, 1e-12.
struct Normalize {
  [[nodiscard]] Index width(Index features) const noexcept { return features; }

  template <std::floating_point A>
  void map(std::type_identity_t<Rows<const A>> in, Rows<A> out) const;
};

// ---------------------------------------------------------------------------------------------------------------------

template <std::floating_point A>
void Normalize::map(std::type_identity_t<Rows<const A>> in, Rows<A> out) const {
  for (Index i = 0; i < in.size(); ++i) {
    const std::span<const A> x = in[i];
    const std::span<A> y = out[i];
    const A largest = detail::largest_size(x.data(), in.features());  // passes over a NaN, which is met below
    as_array(y) = as_array(x) / (largest > 0 ? largest : A(1));
    const A norm = std::sqrt(detail::dot(y.data(), y.data(), in.features()));
    as_array(y) /= norm == 0 ? A(1) : norm;
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI

#endif
