// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_EXAMPLES_MIDRANGE_HPP
#define SEQPOOL_EXAMPLES_MIDRANGE_HPP

#include <limits>
#include <seqpool/seqpool.hpp>

// A pooling of one's own, (max + min) / 2 of every feature: what a state is, and four steps. Masks, padding, strides,
// packed sequences, spans, streams, long sequences and threads come from the driver.
struct Midrange {
  template <seqpool::Scalar T> struct State {
    seqpool::Accumulators<seqpool::accumulator_t<T>> min, max;
    seqpool::Index count = 0;

    void visit(auto f) { f(min), f(max), f(count); }  // so that streams can be saved
  };

  seqpool::Index width(seqpool::Index hidden) const { return hidden; }

  template <seqpool::Scalar T> void init(State<T>& state, seqpool::Index hidden) const {
    constexpr auto infinity = std::numeric_limits<seqpool::accumulator_t<T>>::infinity();
    state.min.assign(static_cast<std::size_t>(hidden), infinity);
    state.max.assign(static_cast<std::size_t>(hidden), -infinity);
    state.count = 0;
  }

  void fold(auto& state, const auto& tokens) const {
    seqpool::fold_features(
        tokens, [](auto) { return 0; },  // nothing belongs to a token but its features
        [](auto x, int, auto& min, auto& max) {
          min = x < min || x != x ? x : min;
          max = x > max || x != x ? x : max;
        },
        state.min.data(), state.max.data());
    state.count += tokens.size();
  }

  void merge(auto& state, const auto& next) const {
    for (std::size_t h = 0; h < state.min.size(); ++h) {
      if (next.min[h] < state.min[h] || next.min[h] != next.min[h]) state.min[h] = next.min[h];
      if (next.max[h] > state.max[h] || next.max[h] != next.max[h]) state.max[h] = next.max[h];
    }
    state.count += next.count;
  }

  void finish(const auto& state, auto out) const {
    for (std::size_t h = 0; h < out.size(); ++h) out[h] = state.count == 0 ? 0 : (state.max[h] + state.min[h]) / 2;
  }
};

#endif
