// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_FOLD_SOFTMAX_HPP
#define SEQPOOL_FOLD_SOFTMAX_HPP

#include <seqpool/fold/accumulators.hpp>
#include <seqpool/fold/features.hpp>
#include <seqpool/fold/token_block.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>

namespace seqpool::inline SEQPOOL_ABI {

/// How many tokens a `Scorer` is asked for at a time, at most.
inline constexpr Index score_tile = detail::tile_tokens;

/// What attention poolings differ in: how a token is scored.
///
/// | expression | meaning |
/// |---|---|
/// | `s.heads()` | how many softmaxes run side by side |
/// | `s.score(tile, scores)` | head k's score of token i goes to `scores[k * score_tile + i]`, `[heads, score_tile]` |
template <class S, class T>
concept Scorer = Scalar<T> && requires(const S& s, const TokenBlock<T>& tile, std::span<accumulator_t<T>> scores) {
  { s.heads() } -> std::convertible_to<Index>;
  s.score(tile, scores);
};

/// The state of an attention pooling: the online softmax of each head over the scores so far, and the sum of tokens
/// that it weighs.
///
///     state.start(heads, hidden);
///     state.fold(tokens, scorer);
///     state.finish(out);  // [heads * hidden]
///
/// **Numerics**: scores are shifted by the largest so far, so e^(score - max) never overflows. A score of -inf weighs
/// nothing; a NaN or +inf makes its head NaN.
/// **Source**: the online softmax of FlashAttention, as the mergeable state of FlashInfer.
template <Scalar T>
struct SoftmaxState {
  using A = accumulator_t<T>;

  Accumulators<A> weighted;  // [heads, hidden], sum_t e^(score_t - max) x_t
  Accumulators<A> max;       // [heads], the largest score so far
  Accumulators<A> sum;       // [heads], sum_t e^(score_t - max)
  Index count = 0;           // tokens taken in

  void start(Index heads, Index hidden);

  template <Scorer<T> S>
  void fold(const TokenBlock<T>& tokens, const S& scorer);

  void merge(const SoftmaxState& next) {
    merge(next, [](std::size_t) { return A(0); });
  }

  /// The same where each score of next's head k is to be larger by `later(k)`.
  template <class Later>
  void merge(const SoftmaxState& next, Later later);

  /// out[k, h] = weighted[k, h] / sum[k]; zeros if no token was taken in.
  void finish(std::span<A> out) const;

  void visit(auto f) {
    f(weighted);
    f(max);
    f(sum);
    f(count);
  }

 private:
  static A weight(A score, A largest) noexcept;
  void raise(std::size_t head, A largest);
  std::span<A> row(std::size_t head) noexcept;
};

// ---------------------------------------------------------------------------------------------------------------------

template <Scalar T>
void SoftmaxState<T>::start(Index heads, Index hidden) {
  weighted.assign(static_cast<std::size_t>(heads * hidden), 0);
  max.assign(static_cast<std::size_t>(heads), -std::numeric_limits<A>::infinity());
  sum.assign(static_cast<std::size_t>(heads), 0);
  count = 0;
}

// e^(score - largest), where a score of -inf weighs nothing even while it is the largest.
template <Scalar T>
auto SoftmaxState<T>::weight(A score, A largest) noexcept -> A {
  return score == -std::numeric_limits<A>::infinity() ? A(0) : std::exp(score - largest);
}

template <Scalar T>
auto SoftmaxState<T>::row(std::size_t head) noexcept -> std::span<A> {
  const std::size_t hidden = weighted.size() / max.size();
  return {weighted.data() + head * hidden, hidden};
}

// Lets `largest` be the score that all are measured by.
template <Scalar T>
void SoftmaxState<T>::raise(std::size_t head, A largest) {
  if (!(largest > max[head])) return;
  const A rescale = weight(max[head], largest);
  as_array(row(head)) *= rescale;
  sum[head] *= rescale;
  max[head] = largest;
}

template <Scalar T>
template <Scorer<T> S>
void SoftmaxState<T>::fold(const TokenBlock<T>& tokens, const S& scorer) {
  Accumulators<A> scores(max.size() * static_cast<std::size_t>(score_tile), 0);
  for (Index first = 0; first < tokens.size(); first += score_tile) {
    const TokenBlock<T> tile = tokens.part(first, (std::min)(score_tile, tokens.size() - first));
    scorer.score(tile, std::span<A>(scores.data(), scores.size()));
    for (std::size_t head = 0; head < max.size(); ++head) {
      const std::span<A> weights(scores.data() + head * std::size_t{score_tile}, static_cast<std::size_t>(tile.size()));
      A largest = max[head];
      for (const A score : weights) largest = (std::max)(largest, score);
      raise(head, largest);
      for (A& w : weights) {
        w = weight(w, max[head]);
        sum[head] += w;
      }
      seqpool::fold_features(
          tile, [&](Index i) { return weights[static_cast<std::size_t>(i)]; }, [](A x, A w, A& held) { held += w * x; },
          row(head).data());
    }
  }
  count += tokens.size();
}

template <Scalar T>
template <class Later>
void SoftmaxState<T>::merge(const SoftmaxState& next, Later later) {
  const std::size_t hidden = weighted.size() / max.size();
  for (std::size_t head = 0; head < max.size(); ++head) {
    const A largest = next.max[head] + later(head);
    raise(head, largest);
    const A theirs = weight(largest, max[head]);
    const std::span<const A> other(next.weighted.data() + head * hidden, hidden);
    as_array(row(head)) += as_array(other) * theirs;
    sum[head] += next.sum[head] * theirs;
  }
  count += next.count;
}

template <Scalar T>
void SoftmaxState<T>::finish(std::span<A> out) const {
  const std::size_t hidden = weighted.size() / max.size();
  for (std::size_t head = 0; head < max.size(); ++head) {
    const std::span<const A> own(weighted.data() + head * hidden, hidden);
    as_array(out.subspan(head * hidden, hidden)) = as_array(own) / (count == 0 ? A(1) : sum[head]);
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI

#endif
