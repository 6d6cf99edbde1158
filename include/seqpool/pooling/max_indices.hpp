// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/pool.hpp>

#include <limits>

namespace seqpool::inline SEQPOOL_ABI {

/// The place of every feature's largest value in its sequence, padding counted: out[h] = the first t with
/// x_t[h] = max_t x_t[h]. It says which token each number of `Max` came from.
///
///     const auto indices = seqpool::max_indices(x, mask);  // Eigen::Tensor of Index, [batch, hidden]
///     x(b, indices(b, h), h);                              // is max_pool(x, mask)(b, h)
///
/// **Shapes**: tokens `[n, hidden]` to `[hidden]`, of `Index`.
/// **Empty**: zeros, which is also the first token's place; the mask tells which it is.
/// **Numerics**: exact. A NaN counts as larger than any number, and the first one wins. 0 and -0 are equal.
/// **Source**: the indices of `torch.max(dim)`.
struct MaxIndices {
  template <Scalar T> using Result = Index;

  template <Scalar T> struct State {
    Accumulators<accumulator_t<T>> max;  // [hidden]
    Accumulators<Index> index;           // [hidden]
    Index begin = 0;                     // the place of the first token taken in ...
    Index end = 0;                       // ... and of the last one, plus 1; 0 if none was

    // Used only within a fold:
    Accumulators<accumulator_t<T>> newer;    // [hidden], the fold's token that the maximum is from, or -1
    Accumulators<accumulator_t<T>> strange;  // [hidden], 0 unless it saw a NaN or an infinity

    void visit(auto f) { f(max), f(index), f(begin), f(end); }
    [[nodiscard]] bool holds(Index first, Index n) const {
      const bool within = std::all_of(index.begin(), index.end(), [&](Index i) { return first <= i && i < first + n; });
      return begin == first && end == first + n && within;
    }
  };

  [[nodiscard]] std::string name() const { return "max_indices"; }
  [[nodiscard]] Index width(Index hidden) const noexcept { return hidden; }

  template <Scalar T> void init(State<T>& state, Index hidden) const {
    const auto size = static_cast<std::size_t>(hidden);
    state.max.assign(size, -std::numeric_limits<accumulator_t<T>>::infinity());
    state.newer.resize(size);
    state.strange.resize(size);
    state.index.assign(size, 0);
    state.begin = state.end = 0;
  }

  template <Scalar T> void fold(State<T>& state, const TokenBlock<T>& tokens) const;

  /// If next's places do not come after this state's, as with another stream, they are moved up to follow them.
  template <Scalar T> void merge(State<T>& state, const State<T>& next) const;

  void finish(const auto& state, auto out) const { std::copy(state.index.begin(), state.index.end(), out.begin()); }

 private:
  // The first NaN of a feature stays its maximum: no number is larger.
  template <Scalar T> static void take_nan(State<T>& state, const TokenBlock<T>& tokens, std::size_t h);
};

/// `pool(MaxIndices{}, x, mask, device)`.
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, hidden]`.
template <class X, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto max_indices(const X& x, const M& mask = {}, const D& device = {}) {
  return seqpool::pool(MaxIndices{}, x, mask, device);
}

// ---------------------------------------------------------------------------------------------------------------------

// Tokens are counted in the accumulator's type, beside the maxima; their places are looked up once for all of them.
template <Scalar T> void MaxIndices::fold(State<T>& state, const TokenBlock<T>& tokens) const {
  using A = accumulator_t<T>;
  constexpr Index exact = Index{1} << 20;  // tokens that every accumulator can count
  for (Index first = 0; first < tokens.size(); first += exact) {
    const TokenBlock<T> part = tokens.part(first, (std::min)(exact, tokens.size() - first));
    if (state.end == 0) {  // the first token is the maximum whatever it is, even -inf
      state.begin = part.position(0);
      as_array(state.index).setConstant(state.begin);
    }
    as_array(state.newer).setConstant(-1);
    as_array(state.strange).setZero();
    seqpool::fold_features(
        part, [](Index i) { return static_cast<A>(i); },
        [](A x, A token, A& max, A& newer, A& strange) {
          newer = x > max ? token : newer;
          max = x > max ? x : max;
          strange += x - x;
        },
        state.max.data(), state.newer.data(), state.strange.data());
    for (std::size_t h = 0; h < state.index.size(); ++h) {
      if (state.newer[h] >= 0) state.index[h] = part.position(static_cast<Index>(state.newer[h]));
      if (state.strange[h] != 0) take_nan(state, part, h);
    }
    state.end = part.position(part.size() - 1) + 1;
  }
}

template <Scalar T> void MaxIndices::take_nan(State<T>& state, const TokenBlock<T>& tokens, std::size_t h) {
  if (state.max[h] != state.max[h]) return;
  for (Index i = 0; i < tokens.size(); ++i) {
    const auto x = widen(tokens[i][h]);
    if (x == x) continue;
    state.max[h] = x;
    state.index[h] = tokens.position(i);
    return;
  }
}

template <Scalar T> void MaxIndices::merge(State<T>& state, const State<T>& next) const {
  if (next.end == 0) return;
  if (state.end == 0) {
    state = next;
    return;
  }
  const Index ahead = next.begin < state.end ? state.end : 0;
  for (std::size_t h = 0; h < state.index.size(); ++h)
    if (next.max[h] > state.max[h] || (next.max[h] != next.max[h] && state.max[h] == state.max[h])) {
      state.max[h] = next.max[h];
      state.index[h] = next.index[h] + ahead;
    }
  state.end = next.end + ahead;
}

}  // namespace seqpool::inline SEQPOOL_ABI
