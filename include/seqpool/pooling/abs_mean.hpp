// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/rows.hpp>
#include <seqpool/fold/features.hpp>
#include <seqpool/pool.hpp>

#include <cmath>
#include <functional>
#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// The mean absolute value of every feature over a row's n real tokens: out[h] = (sum_t |x_t[h]|) / n.
///
///     seqpool::pool(seqpool::AbsMean{}, x, mask);  // or abs_mean_pool(x, mask)
///
/// **Shapes**: tokens `[n, hidden]` to `[hidden]`.
/// **Numerics**: sums as in `Mean`, |error| <= (min(n, 256) + n / 256 + 2) * eps * out[h], if sum_t |x_t[h]| is finite
/// in `accumulator_t` and the result is normal there.
/// **Source**: GLiClass' "abs_avg".
struct AbsMean : FeaturePooling<AbsMean> {
  static constexpr auto feature_op = [](auto sum, auto x) { return sum + std::abs(x); };
  static constexpr auto merge_op = std::plus<>();

  [[nodiscard]] std::string name() const { return "abs_mean"; }
  void finish(const auto& state, auto out) const { as_array(out) = as_array(state.values) / state.divisor(); }
  void backward(const auto& state, const auto& tokens, const auto& gradients) const {
    gradients.spread(tokens, [n = state.divisor()](auto x, auto g) { return detail::abs_slope(x, g / n); });
  }
};

/// `pool(AbsMean{}, x, mask, device)`.
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, hidden]`.
template <class X, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto abs_mean_pool(const X& x, const M& mask = {}, const D& device = {}) {
  return seqpool::pool(AbsMean{}, x, mask, device);
}

}  // namespace seqpool::inline SEQPOOL_ABI
