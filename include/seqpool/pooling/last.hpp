// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/fold/features.hpp>
#include <seqpool/pool.hpp>

#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// A row's last real token: out[h] = x_last[h], which decoder models are pooled by. It is found in the mask, so it is
/// right for padding on either side and for holes, where n - 1 is wrong.
///
///     seqpool::pool(seqpool::Last{}, x, mask);  // or last_pool(x, mask)
///
/// **Shapes**: tokens `[n, hidden]` to `[hidden]`.
/// **Cost**: one token is read, whatever n.
/// **Numerics**: exact.
/// **Source**: sentence-transformers' "lasttoken".
struct Last : FeaturePooling<Last> {
  [[nodiscard]] std::string name() const { return "last"; }
  [[nodiscard]] Reads reads() const noexcept { return Reads::last_token; }
  void init(auto& state, Index hidden) const { state.start(hidden); }
  void fold(auto& state, const auto& tokens) const {
    if (!tokens.empty()) state.set(tokens[tokens.size() - 1]);
    state.count += tokens.size();
  }
  void merge(auto& state, const auto& next) const {
    if (next.count > 0) state.values = next.values;
    state.count += next.count;
  }

  static constexpr bool backward_by_count = true;
  void backward(const auto& state, const auto& tokens, const auto& gradients) const {
    gradients.spread_numbers(
        tokens, gradients.d_out.data(),
        [&](Index i) { return i + 1 == tokens.size() && tokens.number(i) + 1 >= state.count; },
        [](auto g, bool is_last) { return is_last ? g : decltype(g)(0); });
  }
};

/// `pool(Last{}, x, mask, device)`: without a mask x[:, seq - 1, :].
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, hidden]`.
template <class X, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto last_pool(const X& x, const M& mask = {}, const D& device = {}) {
  return seqpool::pool(Last{}, x, mask, device);
}

}  // namespace seqpool::inline SEQPOOL_ABI
