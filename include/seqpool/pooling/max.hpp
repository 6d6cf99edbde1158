// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/rows.hpp>
#include <seqpool/fold/features.hpp>
#include <seqpool/pool.hpp>

#include <limits>
#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// The largest value of every feature over a row's real tokens: out[h] = max_t x_t[h].
///
///     seqpool::pool(seqpool::Max{}, x, mask);  // or max_pool(x, mask)
///
/// **Shapes**: tokens `[n, hidden]` to `[hidden]`.
/// **Numerics**: exact. A NaN in a real token reaches its feature at every position, as in PyTorch. 0 and -0 are equal:
/// the first one stays.
/// **Source**: sentence-transformers' "max", where an empty row gives -inf.
struct Max : FeaturePooling<Max> {
  static constexpr auto feature_op = detail::larger;
  template <class A> static constexpr A start = -std::numeric_limits<A>::infinity();

  [[nodiscard]] std::string name() const { return "max"; }

  void backward(const auto& state, const auto& tokens, const auto& gradients) const {
    gradients.spread_to_first(tokens, state.values.data(), detail::is_held, detail::whole_slope);
  }
};

/// `pool(Max{}, x, mask, device)`.
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, hidden]`.
template <class X, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto max_pool(const X& x, const M& mask = {}, const D& device = {}) {
  return seqpool::pool(Max{}, x, mask, device);
}

}  // namespace seqpool::inline SEQPOOL_ABI
