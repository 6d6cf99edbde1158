// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/logits.hpp>
#include <seqpool/detail/rows.hpp>
#include <seqpool/driver/row_pooler.hpp>
#include <seqpool/fold/softmax.hpp>
#include <seqpool/fold/token_block.hpp>

#include <vector>

namespace seqpool::inline SEQPOOL_ABI::detail {

// How many heads P's type states; Eigen::Dynamic if their number is known only at run time.
template <class P> inline constexpr Index heads_of = Eigen::Dynamic;
template <class P>
  requires requires { Index{P::fixed_heads}; }
inline constexpr Index heads_of<P> = P::fixed_heads;

// The softmax of a row's scores, one row after another. Every token is scored once, as the pooling does it, and the
// weights are divided by their own sum.
template <class P, class X, class S> class RowWeights {
 public:
  using A = accumulator_t<typename X::value_type>;

  RowWeights(const P& pooling, const X& x, const S& selection)
      : pooling_(pooling),
        heads_(static_cast<Index>(pooling.heads())),
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
  AlignedVector<A> scores_;       // [heads, seq], real tokens one after another
  std::vector<Index> positions_;  // [seq]
};

// ---------------------------------------------------------------------------------------------------------------------

template <class P, class X, class S> void RowWeights<P, X, S>::score(const TokenBlock<typename X::value_type>& tokens) {
  for (Index first = 0; first < tokens.size(); first += score_tile) {
    const auto tile = tokens.part(first, (std::min)(score_tile, tokens.size() - first));
    pooling_.score(tile, std::span<A>(tile_));
    for (Index k = 0; k < heads_; ++k)
      std::copy_n(tile_.data() + k * score_tile, tile.size(), scores_.data() + k * seq_ + tile.number(0));
    for (Index i = 0; i < tile.size(); ++i) positions_[static_cast<std::size_t>(tile.number(i))] = tile.position(i);
  }
}

template <class P, class X, class S> template <class F> void RowWeights<P, X, S>::for_each(Index row, F f) {
  detail::for_each_block(reader_, row, Reads::every_token, [&](const auto& block) { score(block); });
  const Index count = reader_.number();
  for (Index k = 0; k < heads_; ++k) {
    A* const weights = scores_.data() + k * seq_;
    detail::make_probabilities(LogitRow<A>{{weights, 1, count, count, 1}, 0});
    for (Index i = 0; i < count; ++i) f(k, positions_[static_cast<std::size_t>(i)], detail::canonical(weights[i]));
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
