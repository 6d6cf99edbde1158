// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/rows.hpp>
#include <seqpool/pool.hpp>

#include <cstddef>
#include <limits>
#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// The mean of `Mean` and `Max` for every feature: out[h] = ((sum_t x_t[h]) / n + max_t x_t[h]) / 2.
///
///     seqpool::pool(seqpool::MeanMax{}, x, mask);  // or mean_max_pool(x, mask)
///
/// **Shapes**: tokens `[n, hidden]` to `[hidden]`.
/// **Numerics**: sums as in `Mean`, |error| <= (min(n, 256) + n / 256 + 4) / 2 * eps * ((sum_t |x_t[h]|) / n +
/// |max_t x_t[h]|), if sum_t |x_t[h]| is finite in `accumulator_t`, and the mean and the maximum are 0 or at least
/// twice the smallest normal number there.
/// **Source**: timm's "avgmax".
struct MeanMax {
  template <Scalar T> struct State {
    Accumulators<accumulator_t<T>> sum;  // [hidden]
    Accumulators<accumulator_t<T>> max;  // [hidden]
    Index count = 0;                     // tokens taken in

    void visit(auto f) {
      f(sum);
      f(max);
      f(count);
    }
  };

  [[nodiscard]] std::string name() const { return "mean_max"; }
  [[nodiscard]] Index width(Index hidden) const noexcept { return hidden; }

  template <Scalar T> void init(State<T>& state, Index hidden) const {
    state.sum.assign(static_cast<std::size_t>(hidden), 0);
    state.max.assign(static_cast<std::size_t>(hidden), -std::numeric_limits<accumulator_t<T>>::infinity());
    state.count = 0;
  }

  template <Scalar T> void fold(State<T>& state, const TokenBlock<T>& tokens) const {
    using A = accumulator_t<T>;
    seqpool::fold_features(
        tokens, [](Index) { return nullptr; },
        [](A x, std::nullptr_t, A& sum, A& max) {
          sum += x;
          max = detail::larger(max, x);
        },
        state.sum.data(), state.max.data());
    state.count += tokens.size();
  }

  template <Scalar T> void merge(State<T>& state, const State<T>& next) const {
    as_array(state.sum) += as_array(next.sum);
    for (std::size_t h = 0; h < state.max.size(); ++h) state.max[h] = detail::larger(state.max[h], next.max[h]);
    state.count += next.count;
  }

  template <Scalar T> void finish(const State<T>& state, auto out) const {
    using A = accumulator_t<T>;
    if (state.count == 0)
      as_array(out).setZero();
    else  // in halves, because their sum might overflow
      as_array(out) = as_array(state.sum) / (A(2) * static_cast<A>(state.count)) + as_array(state.max) / A(2);
  }

  template <Scalar T>
  void backward(const State<T>& state, const TokenBlock<T>& tokens,
                const Gradients<accumulator_t<T>>& gradients) const {
    using A = accumulator_t<T>;
    gradients.spread_to_first(tokens, state.max.data(), detail::is_held, [](A, A g) { return g / 2; });
    gradients.adding().spread_share(tokens, A(2) * static_cast<A>(state.count));
  }
};

/// `pool(MeanMax{}, x, mask, device)`.
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, hidden]`.
template <class X, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto mean_max_pool(const X& x, const M& mask = {}, const D& device = {}) {
  return seqpool::pool(MeanMax{}, x, mask, device);
}

}  // namespace seqpool::inline SEQPOOL_ABI
