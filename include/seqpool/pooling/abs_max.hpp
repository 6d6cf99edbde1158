// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/rows.hpp>
#include <seqpool/fold/features.hpp>
#include <seqpool/pool.hpp>

#include <cmath>
#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// The largest absolute value of every feature over a row's real tokens: out[h] = max_t |x_t[h]|.
///
///     seqpool::pool(seqpool::AbsMax{}, x, mask);  // or abs_max_pool(x, mask)
///
/// **Shapes**: tokens `[n, hidden]` to `[hidden]`.
/// **Numerics**: exact. A NaN in a real token reaches its feature.
/// **Source**: GLiClass' "abs_max".
struct AbsMax : FeaturePooling<AbsMax> {
  static constexpr auto feature_op = [](auto held, auto x) { return detail::larger(held, std::abs(x)); };
  static constexpr auto merge_op = detail::larger;

  [[nodiscard]] std::string name() const { return "abs_max"; }
  void backward(const auto& state, const auto& tokens, const auto& gradients) const {
    gradients.spread_to_first(
        tokens, state.values.data(), [](auto x, auto held) { return detail::is_held(std::abs(x), held); },
        detail::abs_slope);
  }
};

/// `pool(AbsMax{}, x, mask, device)`.
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, hidden]`.
template <class X, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto abs_max_pool(const X& x, const M& mask = {}, const D& device = {}) {
  return seqpool::pool(AbsMax{}, x, mask, device);
}

}  // namespace seqpool::inline SEQPOOL_ABI
