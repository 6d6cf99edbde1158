// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/compiler.hpp>
#include <seqpool/detail/exponential.hpp>
#include <seqpool/detail/four_heads.hpp>
#include <seqpool/fold/features.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// The most tokens that a `Scorer` is asked to score at a time.
inline constexpr Index score_tile = detail::tile_tokens;

/// How a token is scored: what attention poolings differ in.
///
/// | expression | meaning |
/// |---|---|
/// | `s.heads()` | how many softmaxes run side by side |
/// | `s.score(tile, scores)` | head k's score of token i goes to `scores[k * score_tile + i]`, `[heads, score_tile]` |
///
/// `SoftmaxPooling` makes a pooling from it. A scorer may also say:
///
/// | expression | meaning | without it |
/// |---|---|---|
/// | `S::fixed_heads` | heads the type knows: with one, `attention_weights` are `[batch, seq]` | `Eigen::Dynamic` |
/// | `s.later(k, n)` | what head k's scores gain if n real tokens come before theirs | they use no `tile.number(i)` |
/// | `s.averages()` | whether the result is the mean of the heads' results, `[hidden]` | side by side |
/// | `s.check_hidden(hidden)` | throws unless tokens `[n, hidden]` fit its parameters | all fit |
/// | `s.name()`, `s.visit_parameters(f)` | as for a pooling | none |
template <class S, class T>
concept Scorer = Scalar<T> && requires(const S& s, const TokenBlock<T>& tile, std::span<accumulator_t<T>> scores) {
  { s.heads() } -> std::convertible_to<Index>;
  s.score(tile, scores);
};

/// The state of an attention pooling: the online softmax of each head over the scores so far, and the weighted sum of
/// tokens.
///
///     state.start(heads, hidden);
///     state.fold(tokens, scorer);
///     state.finish(out);  // [heads * hidden]
///
/// **Numerics**: scores are shifted by the largest so far, so e^(score - max) never overflows. A score of -inf weighs
/// nothing, and if all scores are -inf, finite features give zeros; a NaN or +inf makes its head NaN.
/// **Source**: the online softmax of FlashAttention, as the mergeable state of FlashInfer.
template <Scalar T> struct SoftmaxState {
  using A = accumulator_t<T>;

  Accumulators<A> weighted;  // [heads, hidden], sum_t e^(score_t - max) x_t
  Accumulators<A> max;       // [heads], the largest score so far
  Accumulators<A> sum;       // [heads], sum_t e^(score_t - max)
  Index count = 0;           // tokens taken in
  Accumulators<A> scores;    // [heads, score_tile], scratch: a tile's scores, then e^(score - max)

  void start(Index heads, Index hidden);

  template <Scorer<T> S> void fold(const TokenBlock<T>& tokens, const S& scorer);

  void merge(const SoftmaxState& next) {
    merge(next, [](std::size_t) { return A(0); });
  }

  /// The same with each score of next's head k raised by `later(k)`: states count their tokens from 0, both those of a
  /// row's blocks and those of streams from two machines.
  template <class Later> void merge(const SoftmaxState& next, Later later);

  /// out[k, h] = weighted[k, h] / sum[k]; zeros if no token was taken in.
  void finish(std::span<A> out) const;

  /// out[h] = sum_k weighted[k, h] / sum[k] / heads: the mean of the heads' results, `[hidden]`.
  void finish_mean(std::span<A> out) const;

  void visit(auto f) { f(weighted), f(max), f(sum), f(count); }

 private:
  SEQPOOL_INLINE static A weight(A score, A largest) noexcept;
  void raise(std::size_t head, A largest);
  void weigh(std::size_t head, Index n);
  std::size_t hidden() const noexcept { return weighted.size() / max.size(); }
  std::span<A> row(std::size_t head) noexcept { return {weighted.data() + head * hidden(), hidden()}; }
  std::span<const A> row(std::size_t head) const noexcept { return {weighted.data() + head * hidden(), hidden()}; }
  // 1 if there is no token or all scores are -inf: the result is zeros.
  A divisor(std::size_t head) const noexcept { return sum[head] == 0 ? A(1) : sum[head]; }
};

// ---------------------------------------------------------------------------------------------------------------------

template <Scalar T> void SoftmaxState<T>::start(Index heads, Index hidden) {
  weighted.assign(static_cast<std::size_t>(heads * hidden), 0);
  max.assign(static_cast<std::size_t>(heads), -std::numeric_limits<A>::infinity());
  sum.assign(static_cast<std::size_t>(heads), 0);
  scores.assign(static_cast<std::size_t>(heads * score_tile), 0);
  count = 0;
}

// e^(score - largest); a score of -inf weighs nothing even while it is the largest.
template <Scalar T> auto SoftmaxState<T>::weight(A score, A largest) noexcept -> A {
  return detail::either(score == -std::numeric_limits<A>::infinity(), A(0), detail::exponential(score - largest));
}

// Makes `largest` the score that all are measured by.
template <Scalar T> void SoftmaxState<T>::raise(std::size_t head, A largest) {
  if (!(largest > max[head])) return;
  const A rescale = weight(max[head], largest);
  as_array(row(head)) *= rescale;
  sum[head] *= rescale;
  max[head] = largest;
}

// Turns a head's scores of n tokens into weights, measured by the largest so far. It always does a whole tile, in loops
// of fixed length; what is not a token weighs nothing.
template <Scalar T> void SoftmaxState<T>::weigh(std::size_t head, Index n) {
  A* const weights = scores.data() + head * std::size_t{score_tile};
  std::fill(weights + n, weights + score_tile, -std::numeric_limits<A>::infinity());
  A largest = max[head];
  for (Index i = 0; i < score_tile; ++i) largest = (std::max)(largest, weights[i]);
  raise(head, largest);
  largest = max[head];
  for (Index i = 0; i < score_tile; ++i) weights[i] = weight(weights[i], largest);
  for (Index i = 0; i < score_tile; ++i) sum[head] += weights[i];
}

template <Scalar T> template <Scorer<T> S> void SoftmaxState<T>::fold(const TokenBlock<T>& tokens, const S& scorer) {
  const std::size_t heads = max.size();
  for (Index first = 0; first < tokens.size(); first += score_tile) {
    const TokenBlock<T> tile = tokens.part(first, (std::min)(score_tile, tokens.size() - first));
    scorer.score(tile, std::span<A>(scores.data(), scores.size()));
    for (std::size_t head = 0; head < heads; ++head) weigh(head, tile.size());
    // Each token is loaded once for four heads.
    std::size_t head = 0;
    const auto add = [&](const TokenBlock<T>& some, auto together) {
      detail::add_weighted(some, scores.data() + head * std::size_t{score_tile}, row(head).data(), together);
    };
    const TokenBlock<T> asked = detail::Prefetch::without(tile);  // while it was scored
    for (; head + 4 <= heads; head += 4) add(asked, std::make_index_sequence<4>());
    for (; head < heads; ++head) add(head == 0 ? tile : asked, std::make_index_sequence<1>());
  }
  count += tokens.size();
}

template <Scalar T> template <class Later> void SoftmaxState<T>::merge(const SoftmaxState& next, Later later) {
  for (std::size_t head = 0; head < max.size(); ++head) {
    const A largest = next.max[head] + later(head);
    raise(head, largest);
    const A theirs = weight(largest, max[head]);
    as_array(row(head)) += as_array(next.row(head)) * theirs;
    sum[head] += next.sum[head] * theirs;
  }
  count += next.count;
}

template <Scalar T> void SoftmaxState<T>::finish(std::span<A> out) const {
  for (std::size_t head = 0; head < max.size(); ++head)
    as_array(out.subspan(head * hidden(), hidden())) = as_array(row(head)) / divisor(head);
}

template <Scalar T> void SoftmaxState<T>::finish_mean(std::span<A> out) const {
  as_array(out).setZero();
  for (std::size_t head = 0; head < max.size(); ++head) as_array(out) += as_array(row(head)) / divisor(head);
  as_array(out) /= static_cast<A>(max.size());
}

}  // namespace seqpool::inline SEQPOOL_ABI
