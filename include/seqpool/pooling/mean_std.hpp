// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/compiler.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/pool.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// Statistics pooling: the mean of every feature over a row's n real tokens, and beside it the standard deviation.
/// With m[h] = (sum_t x_t[h]) / n, out[h] = m[h] and out[hidden + h] = sqrt((sum_t (x_t[h] - m[h])^2) / d), where d is
/// n, or n - 1 for a sample.
///
///     seqpool::pool(seqpool::MeanStd{}, x, mask);  // or mean_std_pool(x, mask)
///     seqpool::pool(seqpool::MeanStd{seqpool::MeanStd::sample}, x, mask);  // as torch's std
///
/// **Shapes**: tokens `[n, hidden]` to `[2 * hidden]`.
/// **Empty**: zeros; the deviation of one token is 0 with either divisor.
/// **Cost**: memory's, as `Mean`, beyond the cache.
/// **Numerics**: in `accumulator_t`, of differences to the first token, so that an offset costs no digits and equal
/// tokens give exactly 0. With r = max_t x_t[h] - min_t x_t[h] and c = min(n, 256) + n / 256 + 10, |error| <= c * eps *
/// r for a deviation and eps * (|m[h]| + c * r) for a mean, if r is 0 or within 1e-12 to 1e15 in float, 1e-139 to 1e146
/// in double, for up to 2^24 tokens. If r is smaller the deviation may be 0, and if it is larger, infinite or NaN. It
/// is never below 0. A NaN or an infinity in a real token makes it NaN, and the mean what `Mean` gives.
/// **Source**: x-vectors' statistics pooling, in Transformers' ...ForXVector with the sample's divisor.
struct MeanStd {
  enum Divisor { population, sample };

  Divisor divisor = population;

  template <Scalar T> struct State {
    Accumulators<accumulator_t<T>> origin;   // [hidden], the first token, or 0 where that is not finite
    Accumulators<accumulator_t<T>> sum;      // [hidden], sum_t (x_t - origin)
    Accumulators<accumulator_t<T>> squares;  // [hidden], sum_t (x_t - m)^2
    Index count = 0;                         // tokens taken in

    void visit(auto f) { f(origin), f(sum), f(squares), f(count); }
  };

  [[nodiscard]] std::string name() const { return divisor == population ? "mean_std" : "mean_std of a sample"; }
  [[nodiscard]] Index width(Index hidden) const { return detail::product(2, hidden, "the result"); }
  template <Scalar T> void init(State<T>& state, Index hidden) const;
  template <Scalar T> void fold(State<T>& state, const TokenBlock<T>& tokens) const;
  template <Scalar T> void merge(State<T>& state, const State<T>& next) const;
  template <Scalar T> void finish(const State<T>& state, std::span<accumulator_t<T>> out) const;
  template <Scalar T>
  void backward(const State<T>& state, const TokenBlock<T>& tokens, const Gradients<accumulator_t<T>>& gradients) const;

 private:
  // What the sum of squares is divided by, for n tokens.
  template <class A> A squares_of(Index n) const {
    return static_cast<A>((std::max)(n - (divisor == sample ? 1 : 0), Index{1}));
  }
  // Of `next` tokens behind `earlier` ones, whose means are d apart: d^2 * share() is what the sum of squares grows by.
  template <class A> static A share(Index earlier, Index next) {
    return static_cast<A>(next) * (static_cast<A>(earlier) / static_cast<A>(earlier + next));
  }
};

/// `pool(MeanStd{}, x, mask, device)`.
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, 2 * hidden]`.
template <class X, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto mean_std_pool(const X& x, const M& mask = {}, const D& device = {}) {
  return seqpool::pool(MeanStd{}, x, mask, device);
}

// ---------------------------------------------------------------------------------------------------------------------

template <Scalar T> void MeanStd::init(State<T>& state, Index hidden) const {
  for (auto* const part : {&state.origin, &state.sum, &state.squares})
    part->assign(static_cast<std::size_t>(hidden), 0);
  state.count = 0;
}

template <Scalar T> void MeanStd::fold(State<T>& state, const TokenBlock<T>& tokens) const {
  using A = accumulator_t<T>;
  if (tokens.empty()) return;
  if (state.count == 0)
    seqpool::fold_features(
        tokens.part(0, 1), [](Index) { return nullptr; },
        [](A x, std::nullptr_t, A& origin) { origin = x - x == 0 ? x : A(0); }, state.origin.data());
  struct Before {
    A inverse;  // of the number of tokens before, whose sum is 0 if there are none
    A share;
  };
  seqpool::fold_features(
      tokens,
      [&](Index i) {
        const Index n = state.count + i;
        return Before{A(1) / static_cast<A>((std::max)(n, Index{1})), share<A>(n, 1)};
      },
      [](A x, const Before& before, A& sum, A& squares, const A& origin) SEQPOOL_INLINE_LAMBDA {
        const A from_origin = x - origin;
        const A from_mean = from_origin - sum * before.inverse;
        sum += from_origin;
        squares += from_mean * before.share * from_mean;
      },
      state.sum.data(), state.squares.data(), std::as_const(state.origin).data());
  state.count += tokens.size();
}

template <Scalar T> void MeanStd::merge(State<T>& state, const State<T>& next) const {
  using A = accumulator_t<T>;
  if (next.count == 0) return;
  if (state.count == 0) {
    state = next;
    return;
  }
  const A earlier = static_cast<A>(state.count), later = static_cast<A>(next.count);
  for (std::size_t h = 0; h < state.sum.size(); ++h) {
    const A moved = next.origin[h] - state.origin[h];
    const A apart = moved + next.sum[h] / later - state.sum[h] / earlier;
    state.sum[h] += next.sum[h] + later * moved;
    state.squares[h] += next.squares[h] + apart * share<A>(state.count, next.count) * apart;
  }
  state.count += next.count;
}

template <Scalar T> void MeanStd::finish(const State<T>& state, std::span<accumulator_t<T>> out) const {
  using A = accumulator_t<T>;
  const std::size_t hidden = state.sum.size();
  const A n = static_cast<A>((std::max)(state.count, Index{1}));
  const A d = squares_of<A>(state.count);
  for (std::size_t h = 0; h < hidden; ++h) {
    out[h] = state.origin[h] + state.sum[h] / n;
    // The sum less itself is NaN after an infinity, wherever that came.
    out[hidden + h] = std::sqrt(state.squares[h] / d) + (state.sum[h] - state.sum[h]);
  }
}

// With g and s the gradients of mean and deviation: g / n + s (x_t - m) / (d * deviation); of no deviation the second
// is 0. The difference to m is taken from the first token too.
template <Scalar T>
void MeanStd::backward(const State<T>& state, const TokenBlock<T>& tokens,
                       const Gradients<accumulator_t<T>>& gradients) const {
  using A = accumulator_t<T>;
  const std::size_t hidden = state.sum.size();
  const A n = static_cast<A>(state.count);
  A* const share = gradients.scratch(static_cast<Index>(3 * hidden));
  A* const slope = share + hidden;
  A* const offset = slope + hidden;
  for (std::size_t h = 0; h < hidden; ++h) {
    const A deviation = gradients.out[hidden + h];
    share[h] = gradients.d_out[h] / n;
    slope[h] = deviation == 0 ? A(0) : gradients.d_out[hidden + h] / deviation / squares_of<A>(state.count);
    offset[h] = state.sum[h] / n;
  }
  gradients.spread(
      tokens, [](Index) { return nullptr; },
      [](A x, std::nullptr_t, A mean, A factor, A from, A origin)
          SEQPOOL_INLINE_LAMBDA { return mean + factor * ((x - origin) - from); },
      std::as_const(share), std::as_const(slope), std::as_const(offset), state.origin.data());
}

}  // namespace seqpool::inline SEQPOOL_ABI
