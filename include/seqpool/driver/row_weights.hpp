// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/logits.hpp>
#include <seqpool/detail/rows.hpp>
#include <seqpool/driver/block_reader.hpp>
#include <seqpool/driver/row_pooler.hpp>
#include <seqpool/fold/softmax.hpp>
#include <seqpool/fold/token_block.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::detail {

// The Scorer of a row's tokens from its real token `first` on: the pooling itself, or where scores depend on that
// number what it says.
template <class P> decltype(auto) scorer_at(const P& pooling, [[maybe_unused]] Index first) {
  if constexpr (requires { pooling.scorer_at(first); })
    return pooling.scorer_at(first);
  else
    return (pooling);
}

// Heads that P's type states, Eigen::Dynamic where their number is known at run time only.
template <class P> inline constexpr Index heads_of = Eigen::Dynamic;
template <class P>
  requires requires { Index{P::fixed_heads}; }
inline constexpr Index heads_of<P> = P::fixed_heads;

// The softmax of a row's scores, one row after the other. Every token is scored once, as the pooling does it, and what
// the weights are divided by is their own sum.
template <class P, class X, class S> class RowWeights {
 public:
  using A = accumulator_t<typename X::value_type>;

  RowWeights(const P& pooling, const X& x, const S& selection)
      : pooling_(pooling),
        heads_(static_cast<Index>(detail::scorer_at(pooling, 0).heads())),
        seq_(x.seq()),
        reader_(x, selection),
        tile_(static_cast<std::size_t>(heads_ * score_tile)),
        scores_(static_cast<std::size_t>(heads_ * seq_)),
        positions_(static_cast<std::size_t>(seq_)) {}

  // f(head, position, weight) for every head and every real token.
  template <class F> void for_each(Index row, F f);

 private:
  void score(const TokenBlock<typename X::value_type>& tokens);

  const P& pooling_;
  Index heads_;
  Index seq_;
  BlockReader<X, S> reader_;
  AlignedVector<A> tile_;         // [heads, score_tile]
  AlignedVector<A> scores_;       // [heads, seq], of real tokens one behind the other
  std::vector<Index> positions_;  // [seq]
  Index count_ = 0;               // real tokens so far
};

// ---------------------------------------------------------------------------------------------------------------------

template <class P, class X, class S> void RowWeights<P, X, S>::score(const TokenBlock<typename X::value_type>& tokens) {
  for (Index first = 0; first < tokens.size(); first += score_tile) {
    const auto tile = tokens.part(first, (std::min)(score_tile, tokens.size() - first));
    detail::scorer_at(pooling_, count_).score(tile, std::span<A>(tile_));
    for (Index k = 0; k < heads_; ++k)
      std::copy_n(tile_.data() + k * score_tile, tile.size(), scores_.data() + k * seq_ + count_);
    for (Index i = 0; i < tile.size(); ++i) positions_[static_cast<std::size_t>(count_ + i)] = tile.position(i);
    count_ += tile.size();
  }
}

template <class P, class X, class S> template <class F> void RowWeights<P, X, S>::for_each(Index row, F f) {
  count_ = 0;
  detail::for_each_block(reader_, row, Reads::every_token, [&](const auto& block) { score(block); });
  for (Index k = 0; k < heads_; ++k) {
    A* const weights = scores_.data() + k * seq_;
    const LogitRow<A> scores{{weights, 1, count_, count_, 1}, 0};
    const A largest = scores.largest();
    A sum = 0;
    for (Index i = 0; i < count_; ++i) sum += weights[i] = detail::shifted_exp(weights[i], largest);
    if (sum == 0) sum = 1;  // scores of -inf only
    for (Index i = 0; i < count_; ++i)
      f(k, positions_[static_cast<std::size_t>(i)], detail::canonical(weights[i] / sum));
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
