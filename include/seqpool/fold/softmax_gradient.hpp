// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/fold/gradients.hpp>
#include <seqpool/fold/softmax.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <tuple>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// A scorer whose scores are `query()[k]`·x and something that does not depend on x; query(): `[heads, hidden]`.
/// `d_query_scale()` is what its own query is multiplied by to give that one.
template <class S>
concept LinearScorer = requires(const S& scorer) {
  scorer.query();
  scorer.d_query_scale();
};

/// The way back through the softmaxes of an attention pooling, one tile of tokens after another. With a_t the weight of
/// token t, o = sum_t a_t x_t and g = d loss / d o, for each head: d x_t = a_t g + (what the scorer makes of w_t),
/// where w_t = d loss / d score_t = a_t * g·(x_t - o).
///
/// **Numerics**: differences to o are taken token by token, so an offset of all tokens costs d query no digits, and d
/// x_t only those that o itself has lost.
template <Scalar T> class SoftmaxGradient {
 public:
  using A = accumulator_t<T>;

  /// Of one block. `room` is `[room_of(heads, hidden)]`; if the heads are averaged, out and d_out are those of their
  /// mean.
  SoftmaxGradient(const SoftmaxState<T>& state, const Gradients<A>& gradients, bool averages, A* room);
  [[nodiscard]] static Index room_of(Index heads, Index hidden) { return heads * (2 * hidden + 2 * score_tile); }

  /// Takes a tile whose scores are in `scores()`: they become the tokens' weights a_t, and `d_scores()` becomes w_t.
  void weigh(const TokenBlock<T>& tile);

  /// `[heads, score_tile]`; beyond the tile's tokens, weights and d_scores are 0.
  [[nodiscard]] std::span<A> scores() const noexcept { return {weights_, tile_size()}; }
  [[nodiscard]] std::span<const A> d_scores() const noexcept { return {d_scores_, tile_size()}; }

  /// What the scorer goes back by: what it spreads is added, and its scratch is not the room that all this lies in.
  [[nodiscard]] Gradients<A> of_scorer() const noexcept {
    Gradients<A> other(gradients_.adding());
    ++other.scratch_;
    return other;
  }

  /// d x_t = sum_k a_kt g_k, and with a query, `[heads, hidden]`, d x_t = sum_k a_kt g_k + w_kt query_k.
  void spread(const TokenBlock<T>& tile, const A* query = nullptr) const;

  /// d_query[k] += scale * sum_t w_kt (x_t - o_k): the w_kt of a row add up to 0, so that is sum_t w_kt x_t.
  void add_to_query(const TokenBlock<T>& tile, A scale, A* d_query) const;

 private:
  std::size_t tile_size() const noexcept { return static_cast<std::size_t>(heads_ * score_tile); }
  template <std::size_t... k>
  void spread_some(const TokenBlock<T>& tile, const A* query, Index first, std::index_sequence<k...>) const;
  template <std::size_t... k>
  void add_some(const TokenBlock<T>& tile, A scale, A* d_query, Index first, std::index_sequence<k...>) const;
  // f(first head, how many): four at a time, then one by one.
  template <class F> void for_heads(F f) const;

  const SoftmaxState<T>& state_;
  const Gradients<A>& gradients_;
  Index heads_;
  Index hidden_;
  A* weights_;      // [heads, score_tile]
  A* d_scores_;     // [heads, score_tile]
  const A* d_out_;  // [heads, hidden]
  const A* out_;    // [heads, hidden]
};

// ---------------------------------------------------------------------------------------------------------------------

template <Scalar T>
SoftmaxGradient<T>::SoftmaxGradient(const SoftmaxState<T>& state, const Gradients<A>& gradients, bool averages, A* room)
    : state_(state),
      gradients_(gradients),
      heads_(static_cast<Index>(state.max.size())),
      hidden_(static_cast<Index>(state.weighted.size()) / heads_),
      weights_(room),
      d_scores_(room + heads_ * score_tile),
      d_out_(gradients.d_out.data()),
      out_(gradients.out.data()) {
  if (!averages) return;
  A* const d_out = d_scores_ + heads_ * score_tile;
  A* const out = d_out + heads_ * hidden_;
  for (Index k = 0; k < heads_; ++k)
    for (Index h = 0; h < hidden_; ++h)
      d_out[k * hidden_ + h] = gradients.d_out[static_cast<std::size_t>(h)] / static_cast<A>(heads_);
  state.finish({out, static_cast<std::size_t>(heads_ * hidden_)});
  d_out_ = d_out;
  out_ = out;
}

template <Scalar T> void SoftmaxGradient<T>::weigh(const TokenBlock<T>& tile) {
  constexpr A none = -std::numeric_limits<A>::infinity();
  for (Index k = 0; k < heads_; ++k) {
    const auto head = static_cast<std::size_t>(k);
    A* const weights = weights_ + k * score_tile;
    A* const d_scores = d_scores_ + k * score_tile;
    detail::dots_from_tile(detail::Prefetch::without(tile), d_out_ + k * hidden_, out_ + k * hidden_, d_scores);
    std::fill(weights + tile.size(), weights + score_tile, none);
    const A max = state_.max[head], by = state_.sum[head] == 0 ? A(0) : 1 / state_.sum[head];
    SEQPOOL_NO_OVERLAP
    for (Index i = 0; i < score_tile; ++i) {
      const bool weighs = weights[i] != none;
      weights[i] = detail::either(weighs, detail::exponential(weights[i] - max) * by, A(0));
      d_scores[i] = detail::either(weighs, weights[i] * d_scores[i], A(0));
    }
  }
}

template <Scalar T> template <class F> void SoftmaxGradient<T>::for_heads(F f) const {
  Index head = 0;
  for (; head + 4 <= heads_; head += 4) f(head, std::make_index_sequence<4>());
  for (; head < heads_; ++head) f(head, std::make_index_sequence<1>());
}

template <Scalar T> void SoftmaxGradient<T>::spread(const TokenBlock<T>& tile, const A* query) const {
  if (gradients_.of_tokens()) for_heads([&](Index head, auto some) { spread_some(tile, query, head, some); });
}

template <Scalar T>
template <std::size_t... k>
void SoftmaxGradient<T>::spread_some(const TokenBlock<T>& tile, const A* query, Index first,
                                     std::index_sequence<k...>) const {
  const Gradients<A> to = gradients_.adding(first > 0);
  const auto of = [&](const A* numbers, std::size_t head, Index i) {
    return numbers[(first + static_cast<Index>(head)) * score_tile + i];
  };
  struct Weights {
    std::array<A, sizeof...(k)> of_g;
    std::array<A, sizeof...(k)> of_query;
  };
  const auto each = [&](Index i) { return Weights{{of(weights_, k, i)...}, {of(d_scores_, k, i)...}}; };
  const A* const g = d_out_ + first * hidden_;
  if (query == nullptr)
    to.spread(
        tile, each,
        [](A, const Weights& w, const auto&... out) SEQPOOL_INLINE_LAMBDA { return ((w.of_g[k] * out) + ...); },
        (g + static_cast<Index>(k) * hidden_)...);
  else
    to.spread(
        tile, each,
        [](A, const Weights& w, const auto&... numbers) SEQPOOL_INLINE_LAMBDA {
          const auto both = std::forward_as_tuple(numbers...);
          return ((w.of_g[k] * std::get<k>(both) + w.of_query[k] * std::get<sizeof...(k) + k>(both)) + ...);
        },
        (g + static_cast<Index>(k) * hidden_)..., (query + (first + static_cast<Index>(k)) * hidden_)...);
}

template <Scalar T> void SoftmaxGradient<T>::add_to_query(const TokenBlock<T>& tile, A scale, A* d_query) const {
  for_heads([&](Index head, auto some) { add_some(tile, scale, d_query, head, some); });
}

template <Scalar T>
template <std::size_t... k>
void SoftmaxGradient<T>::add_some(const TokenBlock<T>& tile, A scale, A* d_query, Index first,
                                  std::index_sequence<k...>) const {
  seqpool::fold_features(
      detail::Prefetch::without(tile),
      [&](Index i) {
        return std::array<A, sizeof...(k)>{(scale * d_scores_[(first + static_cast<Index>(k)) * score_tile + i])...};
      },
      [](A x, const auto& w, auto&... numbers) SEQPOOL_INLINE_LAMBDA {
        const auto both = std::forward_as_tuple(numbers...);
        ((std::get<k>(both) += w[k] * (x - std::get<sizeof...(k) + k>(both))), ...);
      },
      (d_query + (first + static_cast<Index>(k)) * hidden_)..., (out_ + (first + static_cast<Index>(k)) * hidden_)...);
}

}  // namespace seqpool::inline SEQPOOL_ABI
