// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/fold/features.hpp>
#include <seqpool/pool.hpp>

#include <cmath>
#include <functional>
#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// The sum over a row's n real tokens divided by the root of their number: out[h] = (sum_t x_t[h]) / sqrt(n).
///
///     seqpool::pool(seqpool::MeanSqrtLen{}, x, mask);  // or mean_sqrt_len_pool(x, mask)
///
/// **Shapes**: tokens `[n, hidden]` to `[hidden]`.
/// **Numerics**: sums as in `Mean`, |error| <= (min(n, 256) + n / 256 + 3) * eps * (sum_t |x_t[h]|) / sqrt(n), if
/// sum_t |x_t[h]| is finite in `accumulator_t` and the result is normal there.
/// **Source**: sentence-transformers' "mean_sqrt_len_tokens".
struct MeanSqrtLen : FeaturePooling<MeanSqrtLen> {
  static constexpr auto feature_op = std::plus<>();

  [[nodiscard]] std::string name() const { return "mean_sqrt_len"; }
  void finish(const auto& state, auto out) const {
    as_array(out) = as_array(state.values) / std::sqrt(state.divisor());
  }

  static constexpr bool backward_by_count = true;
  void backward(const auto& state, const auto& tokens, const auto& gradients) const {
    gradients.spread_share(tokens, std::sqrt(state.divisor()));
  }
};

/// `pool(MeanSqrtLen{}, x, mask, device)`.
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, hidden]`.
template <class X, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto mean_sqrt_len_pool(const X& x, const M& mask = {}, const D& device = {}) {
  return seqpool::pool(MeanSqrtLen{}, x, mask, device);
}

}  // namespace seqpool::inline SEQPOOL_ABI
