// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/fold/softmax.hpp>
#include <seqpool/fold/softmax_gradient.hpp>

#include <algorithm>
#include <any>
#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI {

/// A `Scorer` of hidden states of at least one scalar.
template <class S>
concept SomeScorer = Scorer<S, float> || Scorer<S, double> || Scorer<S, Eigen::half> || Scorer<S, Eigen::bfloat16>;

/// A `Scorer` that goes back: `s.backward(tile, d_scores, gradients)` adds what its scores' gradients, `[heads,
/// score_tile]`, make of those of tokens (`gradients.spread`) and of its own parameters (`gradients.own`).
template <class S, class T>
concept BackwardScorer =
    LinearScorer<S> ||
    requires(const S& scorer, const TokenBlock<T>& tile, std::span<const accumulator_t<T>> d_scores,
             const Gradients<accumulator_t<T>>& gradients) { scorer.backward(tile, d_scores, gradients); };

/// One that takes more than a tile at a time, so that it goes back by itself, as a pooling does.
template <class S, class T>
concept BackwardNetwork =
    requires(const S& scorer, const SoftmaxState<T>& state, const TokenBlock<T>& tokens,
             const Gradients<accumulator_t<T>>& gradients) { scorer.backward(state, tokens, gradients); };

/// Attention by any scores: out_k = sum_t a_kt x_t for each head k, a_k = softmax of the scores that a `Scorer` gives a
/// row's real tokens. Every attention pooling is this one with a scorer; your own takes a few lines:
///
///     struct ByLength {  // the longer a token, the more it weighs
///       static seqpool::Index heads() { return 1; }
///       static void score(const seqpool::TokenBlock<float>& tile, std::span<float> scores) {
///         for (seqpool::Index i = 0; i < tile.size(); ++i) {
///           float sum = 0;
///           for (seqpool::Index h = 0; h < tile.hidden(); ++h) sum += tile[i][h] * tile[i][h];
///           scores[static_cast<std::size_t>(i)] = std::sqrt(sum);
///         }
///       }
///     };
///
/// It pools, and gives the weights of tokens, like ours:
///
///     const seqpool::SoftmaxPooling pooling{scorer};
///     const auto pooled = seqpool::pool(pooling, x, mask);                // [batch, heads * hidden]
///     const auto weights = seqpool::attention_weights(pooling, x, mask);  // [batch, heads, seq]
///
/// It derives from its scorer, so it says all that the scorer says and is itself a `Scorer`.
///
/// **Shapes**: tokens `[n, hidden]` to `[heads * hidden]`, or `[hidden]` if the scorer averages.
/// **Errors**: what the scorer's `check_hidden` throws.
/// **Cost**: each tile of 8 tokens is scored and, while in cache, added up, four heads at a time.
/// **Numerics**: see `SoftmaxState`. With a score's error d, |error| <= (2 d + (n + 16) * eps) * max_t |x_t[h]|, if
/// sum_t |x_t[h]| is finite in `accumulator_t` and the result is normal there.
template <class S> class SoftmaxPooling : public std::conditional_t<SomeScorer<S>, S, std::any> {
  static constexpr bool is_lawful = SomeScorer<S>;
  static_assert(is_lawful,
                "seqpool: SoftmaxPooling{scorer} takes a seqpool::Scorer: heads(), how many softmaxes run side by "
                "side, and score(tile, scores), which writes head k's score of token i to scores[k * score_tile + i]; "
                "see seqpool/fold/softmax.hpp.");
  using Base = std::conditional_t<is_lawful, S, std::any>;  // std::any takes all, so no other error follows

 public:
  template <Scalar T> using State = SoftmaxState<T>;

  SoftmaxPooling(S scorer) : Base(std::move(scorer)) {}
  using Base::Base;

  [[nodiscard]] Index width(Index hidden) const {
    if constexpr (requires { this->check_hidden(hidden); }) this->check_hidden(hidden);
    return averages_heads() ? hidden : detail::product(Index{this->heads()}, hidden, "the result");
  }

  void init(auto& state, Index hidden) const { state.start(this->heads(), hidden); }

  template <Scalar T>
    requires Scorer<S, T>
  void fold(auto& state, const TokenBlock<T>& tokens) const {
    // A state counts from its own first token, so states of two streams merge like those of two blocks.
    if constexpr (counts_tokens)
      state.fold(tokens.numbered_from(state.count), scorer());
    else
      state.fold(tokens, scorer());
  }

  void merge(auto& state, const auto& next) const {
    if constexpr (counts_tokens)
      state.merge(next, [&](std::size_t head) { return this->later(static_cast<Index>(head), state.count); });
    else
      state.merge(next);
  }

  void finish(const auto& state, auto out) const { averages_heads() ? state.finish_mean(out) : state.finish(out); }

  template <Scalar T>
    requires(BackwardScorer<S, T> || BackwardNetwork<S, T>)
  void backward(const SoftmaxState<T>& state, const TokenBlock<T>& tokens,
                const Gradients<accumulator_t<T>>& gradients) const;

 private:
  static constexpr bool counts_tokens = requires(const Base& scorer) { scorer.later(Index{0}, Index{1}); };

  const S& scorer() const noexcept { return *this; }
  bool averages_heads() const {
    if constexpr (requires { this->averages(); })
      return this->averages();
    else
      return false;
  }
};

// ---------------------------------------------------------------------------------------------------------------------

template <class S>
template <Scalar T>
  requires(BackwardScorer<S, T> || BackwardNetwork<S, T>)
void SoftmaxPooling<S>::backward(const SoftmaxState<T>& state, const TokenBlock<T>& tokens,
                                 const Gradients<accumulator_t<T>>& gradients) const {
  if constexpr (BackwardNetwork<S, T>) return scorer().backward(state, tokens, gradients);
  const Index room = SoftmaxGradient<T>::room_of(this->heads(), tokens.hidden());
  SoftmaxGradient<T> softmax(state, gradients, averages_heads(), gradients.scratch(room));
  for (Index first = 0; first < tokens.size(); first += score_tile) {
    const TokenBlock<T> tile = tokens.part(first, (std::min)(score_tile, tokens.size() - first));
    scorer().score(tile, softmax.scores());
    softmax.weigh(tile);
    if constexpr (LinearScorer<S>) {
      softmax.spread(tile, scorer().query().data());
      if (!gradients.own.empty()) softmax.add_to_query(tile, scorer().d_query_scale(), gradients.own.data());
    } else {
      softmax.spread(tile);
    }
    if constexpr (requires { scorer().backward(tile, softmax.d_scores(), gradients); })
      scorer().backward(tile, softmax.d_scores(), softmax.of_scorer());
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
