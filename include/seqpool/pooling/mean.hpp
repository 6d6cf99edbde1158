// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/fold/features.hpp>
#include <seqpool/pool.hpp>

#include <functional>
#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// The mean over a row's n real tokens: out[h] = (sum_t x_t[h]) / n.
///
///     seqpool::pool(seqpool::Mean{}, x, mask);  // or mean_pool(x, mask)
///
/// **Shapes**: tokens `[n, hidden]` to `[hidden]`.
/// **Numerics**: sums in `accumulator_t`, counts in an integer; blocks of 256 tokens are summed in order and then added
/// up, so |error| <= (min(n, 256) + n / 256 + 2) * eps * mean_t |x_t[h]|, if sum_t |x_t[h]| is finite in
/// `accumulator_t` and the result is normal there.
/// **Source**: sentence-transformers' "mean", without its half-precision counts.
struct Mean : FeaturePooling<Mean> {
  static constexpr auto feature_op = std::plus<>();

  [[nodiscard]] std::string name() const { return "mean"; }
  void finish(const auto& state, auto out) const { as_array(out) = as_array(state.values) / state.divisor(); }

  static constexpr bool backward_by_count = true;
  void backward(const auto& state, const auto& tokens, const auto& gradients) const {
    gradients.spread_share(tokens, state.divisor());
  }
};

/// `pool(Mean{}, x, mask, device)`.
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, hidden]`.
template <class X, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto mean_pool(const X& x, const M& mask = {}, const D& device = {}) {
  return seqpool::pool(Mean{}, x, mask, device);
}

}  // namespace seqpool::inline SEQPOOL_ABI
