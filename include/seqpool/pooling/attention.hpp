// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_POOLING_ATTENTION_HPP
#define SEQPOOL_POOLING_ATTENTION_HPP

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/dot.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/pool.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// Attention with one learned query: out = sum_t a_t x_t, a = softmax over a row's real tokens of query·x_t.
/// No 1/sqrt(hidden): where training had a scale, multiply the query by it.
///
/// **Shapes**: query `[hidden]`; tokens `[n, hidden]` to `[hidden]`. **Mask**: padded tokens are not read; an
/// empty row gives zeros. **Errors**: `std::invalid_argument` if the query is not `[hidden]`. **Complexity**:
/// one read of the real tokens (each tile of 8 is used twice while in cache); a state holds hidden + 2
/// accumulators; the constructor copies the query. **Numerics**: all in `accumulator_t`; scores are shifted by
/// the largest so far, so nothing overflows that is not infinite in the end. With a score's error
/// d <= (hidden / 8 + 34) * eps * sum_h |query[h] x_t[h]|, |error| <= (2 d + (n + 16) * eps) * max_t |x_t[h]|.
/// A NaN or +inf score makes the row NaN, as in PyTorch; a score of -inf has weight 0.
/// **Source**: the online softmax of FlashAttention, with FlashInfer's mergeable state.
template <Scalar T>
class Attention {
 public:
  using Query = detail::AlignedVector<accumulator_t<T>>;

  template <Scalar U>
  struct State {
    Accumulators<accumulator_t<U>> weighted;  // sum_t e^(score_t - max) x_t
    accumulator_t<U> max = 0;                 // the largest score so far
    accumulator_t<U> sum = 0;                 // sum_t e^(score_t - max)
    Index count = 0;
  };

  /// Copies the query: an Eigen tensor of rank 1, an Eigen vector, or a contiguous range, `[hidden]`.
  template <detail::VectorLike Q>
  requires std::same_as<detail::vector_scalar_t<Q>, T>
  explicit Attention(const Q& query) : query_(detail::widened(query)) {}

  /// The query `[hidden]`, in the accumulator's type.
  const Query& query() const noexcept { return query_; }

  Index width(Index hidden) const {
    if (hidden != static_cast<Index>(query_.size()))
      detail::fail("query is " + detail::shape({static_cast<Index>(query_.size())}) +
                   ", but hidden states have hidden " + std::to_string(hidden) + ": query must be [hidden]");
    return hidden;
  }

  template <Scalar U>
  void init(State<U>& state, Index hidden) const {
    state.weighted.assign(static_cast<std::size_t>(hidden), 0);
    state.max = -std::numeric_limits<accumulator_t<U>>::infinity();
    state.sum = 0;
    state.count = 0;
  }

  template <Scalar U>
  void fold(State<U>& state, const TokenBlock<U>& tokens) const {
    static_assert(std::same_as<accumulator_t<U>, accumulator_t<T>>,
                  "seqpool: the query and the hidden states must accumulate in one type: a double query for "
                  "double hidden states, a float, Eigen::half or Eigen::bfloat16 query for all others.");
    for (Index first = 0; first < tokens.size(); first += tile)
      fold_tile(state, tokens.part(first, (std::min)(tile, tokens.size() - first)));
    state.count += tokens.size();
  }

  template <Scalar U>
  void merge(State<U>& state, const State<U>& next) const {
    const auto max = (std::max)(state.max, next.max);
    const auto mine = weight(state.max, max);
    const auto theirs = weight(next.max, max);
    merge_features(state.weighted, next.weighted, [=](A sum, A x, Index) { return sum * mine + x * theirs; });
    state.sum = state.sum * mine + next.sum * theirs;
    state.max = max;
    state.count += next.count;
  }

  template <Scalar U>
  void finish(const State<U>& state, std::span<accumulator_t<U>> out) const {
    const auto sum = state.count == 0 ? accumulator_t<U>(1) : state.sum;
    detail::array(out) = detail::array(state.weighted) / sum;
  }

 private:
  using A = accumulator_t<T>;
  static constexpr Index tile = 8;

  // e^(score - max), where a score of -inf weighs nothing even while it is the largest.
  static A weight(A score, A max) noexcept {
    return score == -std::numeric_limits<A>::infinity() ? A(0) : std::exp(score - max);
  }

  // query·x_t. The weighted sum prefetches the next tile; that the scores prefetch most of it too keeps memory busy
  // meanwhile (in DRAM, against the fastest read: 0.66 without, 0.75 by five of its tokens, 0.87 by six, 0.85 by
  // eight).
  template <Scalar U>
  std::array<A, tile> scores(const TokenBlock<U>& x) const {
    const A* const query = query_.data();
    if (x.size() == tile)
      return detail::dots(query, x.hidden(), x.ahead(0, tile), x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]);
    std::array<A, tile> scores{};
    for (Index i = 0; i < x.size(); ++i) scores[static_cast<std::size_t>(i)] = detail::dot(query, x[i], x.hidden());
    return scores;
  }

  template <Scalar U>
  void fold_tile(State<U>& state, const TokenBlock<U>& tokens) const {
    std::array<A, tile> weights = scores(tokens);
    A max = state.max;
    for (Index i = 0; i < tokens.size(); ++i) max = (std::max)(max, weights[static_cast<std::size_t>(i)]);
    if (max > state.max) {
      const A rescale = weight(state.max, max);
      detail::array(state.weighted) *= rescale;
      state.sum *= rescale;
      state.max = max;
    }
    for (Index i = 0; i < tokens.size(); ++i) {
      A& w = weights[static_cast<std::size_t>(i)];
      w = weight(w, max);
      state.sum += w;
    }
    fold_features(state.weighted.data(), tokens,
                  [&weights](A sum, A x, Index i) { return sum + weights[static_cast<std::size_t>(i)] * x; });
  }

  Query query_;
};

template <detail::VectorLike Q>
explicit Attention(const Q&) -> Attention<detail::vector_scalar_t<Q>>;

/// Attention over the real tokens of every row, `pool(Attention{query}, x, ...)`: `attention_pool(x, query)`,
/// and with a mask, a device, or a mask and a device after the query.
///
/// **Shapes**: x: `[batch, seq, hidden]`; query: `[hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`;
/// result: `[batch, hidden]`. Mask, empty rows and numerics: `Attention`. Errors, complexity, allocation:
/// `pool`, and one copy of the query.
template <class X, class Q, class... MaskAndDevice>
auto attention_pool(const X& x, const Q& query, const MaskAndDevice&... mask_and_device) {
  static_assert(detail::VectorLike<Q>,
                "seqpool: attention_pool(x, query, mask) takes the query [hidden] second: an Eigen tensor of "
                "rank 1, an Eigen vector, or a contiguous range.");
  return pool(Attention(query), x, mask_and_device...);
}

}  // namespace seqpool::inline SEQPOOL_ABI

#endif
