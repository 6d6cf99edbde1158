// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/rows.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/pool.hpp>
#include <seqpool/scalar.hpp>

#include <limits>
#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// The largest value of every feature over a row's real tokens: out[h] = max_t x_t[h].
///
///     seqpool::pool(seqpool::Max{}, x, mask);  // or max_pool(x, mask)
///
/// **Shapes**: tokens `[n, hidden]` to `[hidden]`.
/// **Numerics**: exact. A NaN in a real token reaches its feature at every position, as in PyTorch. Of 0 and -0, which
/// are equal, the first one stays.
/// **Source**: sentence-transformers' "max", whose empty row is -inf.
struct Max {
  template <Scalar T> using State = FeatureState<T>;
  static constexpr auto feature_op = detail::larger;

  [[nodiscard]] std::string name() const { return "max"; }
  [[nodiscard]] Index width(Index hidden) const noexcept { return hidden; }
  template <Scalar T> void init(State<T>& state, Index hidden) const {
    state.start(hidden, -std::numeric_limits<accumulator_t<T>>::infinity());
  }
  void fold(auto& state, const auto& tokens) const { state.fold(tokens, feature_op); }
  void merge(auto& state, const auto& next) const { state.merge(next, detail::larger); }
  void finish(const auto& state, auto out) const { state.write(out); }
};

/// `pool(Max{}, x, mask, device)`.
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, hidden]`.
template <class X, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto max_pool(const X& x, const M& mask = {}, const D& device = {}) {
  return seqpool::pool(Max{}, x, mask, device);
}

}  // namespace seqpool::inline SEQPOOL_ABI
