// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/rows.hpp>
#include <seqpool/fold/features.hpp>
#include <seqpool/pool.hpp>

#include <limits>
#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// The smallest value of every feature over a row's real tokens: out[h] = min_t x_t[h].
///
///     seqpool::pool(seqpool::Min{}, x, mask);  // or min_pool(x, mask)
///
/// **Shapes**: tokens `[n, hidden]` to `[hidden]`.
/// **Numerics**: exact. A NaN in a real token reaches its feature at every position, as in PyTorch. 0 and -0 are equal:
/// the first one stays.
/// **Source**: `torch.amin`, which has no answer for an empty row.
struct Min : FeaturePooling<Min> {
  static constexpr auto feature_op = detail::smaller;
  template <class A> static constexpr A start = std::numeric_limits<A>::infinity();

  [[nodiscard]] std::string name() const { return "min"; }
  void backward(const auto& state, const auto& tokens, const auto& gradients) const {
    gradients.spread_to_first(tokens, state.values.data(), detail::is_held, detail::whole_slope);
  }
};

/// `pool(Min{}, x, mask, device)`.
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, hidden]`.
template <class X, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto min_pool(const X& x, const M& mask = {}, const D& device = {}) {
  return seqpool::pool(Min{}, x, mask, device);
}

}  // namespace seqpool::inline SEQPOOL_ABI
