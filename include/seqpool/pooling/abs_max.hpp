// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/rows.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/pool.hpp>
#include <seqpool/scalar.hpp>

#include <cmath>
#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// The largest size of every feature over a row's real tokens: out[h] = max_t |x_t[h]|.
///
///     seqpool::pool(seqpool::AbsMax{}, x, mask);  // or abs_max_pool(x, mask)
///
/// **Shapes**: tokens `[n, hidden]` to `[hidden]`.
/// **Numerics**: exact. A NaN in a real token reaches its feature.
/// **Source**: GLiClass' "abs_max".
struct AbsMax {
  template <Scalar T> using State = FeatureState<T>;
  static constexpr auto feature_op = [](auto held, auto x) { return detail::larger(held, std::abs(x)); };

  [[nodiscard]] std::string name() const { return "abs_max"; }
  [[nodiscard]] Index width(Index hidden) const noexcept { return hidden; }
  void init(auto& state, Index hidden) const { state.start(hidden, 0); }
  void fold(auto& state, const auto& tokens) const { state.fold(tokens, feature_op); }
  void merge(auto& state, const auto& next) const { state.merge(next, detail::larger); }
  void finish(const auto& state, auto out) const { state.write(out); }
};

/// `pool(AbsMax{}, x, mask, device)`.
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, hidden]`.
template <class X, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto abs_max_pool(const X& x, const M& mask = {}, const D& device = {}) {
  return seqpool::pool(AbsMax{}, x, mask, device);
}

}  // namespace seqpool::inline SEQPOOL_ABI
