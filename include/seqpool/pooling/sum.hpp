// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/fold/features.hpp>
#include <seqpool/pool.hpp>

#include <functional>
#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// The sum over a row's n real tokens: out[h] = sum_t x_t[h].
///
///     seqpool::pool(seqpool::Sum{}, x, mask);  // or sum_pool(x, mask)
///
/// **Shapes**: tokens `[n, hidden]` to `[hidden]`.
/// **Numerics**: in `accumulator_t`; blocks of 256 tokens are summed in order and then added up, so |error| <=
/// (min(n, 256) + n / 256) * eps * sum_t |x_t[h]|, if that sum is finite in `accumulator_t`.
struct Sum : FeaturePooling<Sum> {
  static constexpr auto feature_op = std::plus<>();
  static constexpr bool backward_by_count = true;

  [[nodiscard]] std::string name() const { return "sum"; }
  void backward(const auto&, const auto& tokens, const auto& gradients) const { gradients.spread_share(tokens, 1); }
};

/// `pool(Sum{}, x, mask, device)`.
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, hidden]`.
template <class X, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto sum_pool(const X& x, const M& mask = {}, const D& device = {}) {
  return seqpool::pool(Sum{}, x, mask, device);
}

}  // namespace seqpool::inline SEQPOOL_ABI
