// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/fold/features.hpp>
#include <seqpool/pool.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// A row's first real token: out[h] = x_first[h]. In a BERT-like encoder that is the [CLS] token, even if the padding
/// is on the left.
///
///     seqpool::pool(seqpool::Cls{}, x, mask);  // or cls_pool(x, mask)
///
/// **Shapes**: tokens `[n, hidden]` to `[hidden]`.
/// **Cost**: one token is read, whatever n.
/// **Numerics**: exact.
/// **Source**: BERT; the first real token instead of index 0 is sentence-transformers' rule since 5.5.
struct Cls : FeaturePooling<Cls> {
  [[nodiscard]] std::string name() const { return "cls"; }
  [[nodiscard]] Reads reads() const noexcept { return Reads::first_token; }
  void init(auto& state, Index hidden) const { state.start(hidden); }
  void fold(auto& state, const auto& tokens) const {
    if (state.count == 0 && !tokens.empty()) state.set(tokens[0]);
    state.count += tokens.size();
  }
  void merge(auto& state, const auto& next) const {
    if (state.count == 0) state.values = next.values;
    state.count += next.count;
  }

  static constexpr bool backward_by_count = true;
  void backward(const auto&, const auto& tokens, const auto& gradients) const {
    gradients.spread_numbers(
        tokens, gradients.d_out.data(), [](Index) { return nullptr; },
        [](auto, std::nullptr_t, auto& left) { return std::exchange(left, 0); }, gradients.left.data());
  }
};

/// `pool(Cls{}, x, mask, device)`: without a mask x[:, 0, :].
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, hidden]`.
template <class X, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto cls_pool(const X& x, const M& mask = {}, const D& device = {}) {
  return seqpool::pool(Cls{}, x, mask, device);
}

}  // namespace seqpool::inline SEQPOOL_ABI
