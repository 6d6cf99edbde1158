// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/compiler.hpp>
#include <seqpool/driver/block_reader.hpp>

#include <vector>

namespace seqpool::inline SEQPOOL_ABI::detail {

// P's state, or nothing where a static_assert has refused P, so that no other error follows.
template <class P, class T> struct StateOf {
  struct type {};
};
template <class P, class T>
  requires Pooling<P, T>
struct StateOf<P, T> {
  using type = typename P::template State<T>;
};
template <class P, class T> using state_t = typename StateOf<P, T>::type;

// One row in the making: folds its real tokens in order, cuts them into blocks of block_tokens and merges these. It may
// get them in parts of any number of tokens up to the row's end, as long as each part but the last is a multiple of
// tile_tokens: then the bits are those of the row in one piece.
template <class P, class T> class RowFold {
 public:
  using State = state_t<P, T>;

  // Begins a row whose tokens have `hidden` features.
  void start(Index hidden) noexcept {
    hidden_ = hidden;
    count_ = 0;
  }

  // How many tokens were taken in.
  Index count() const noexcept { return count_; }

  // A state in use, and the tokens of this row that it covers.
  struct Part {
    State* state;
    Index first;
    Index count;
  };
  // parts() gives all parts, to be saved. restore() makes those of `count` tokens, which are then overwritten.
  std::vector<Part> parts() {
    const Index rest = count_ < block_tokens ? 0 : count_ % block_tokens;
    std::vector<Part> all;
    if (count_ > 0) all.push_back({&whole_, 0, count_ - rest});
    if (rest > 0) all.push_back({&block_, count_ - rest, rest});
    return all;
  }
  void restore(const P& pooling, Index count) {
    count_ = count;
    for (const Part& part : parts()) pooling.init(*part.state, hidden_);
  }

  // It is inlined by force, because calls are part of a short row's cost.
  SEQPOOL_INLINE void fold(const P& pooling, const TokenBlock<T>& tokens) {
    for (Index first = 0; first < tokens.size();) {
      const Index in_block = count_ % block_tokens;
      const Index n = (std::min)(block_tokens - in_block, tokens.size() - first);
      State& state = count_ < block_tokens ? whole_ : block_;
      if (in_block == 0) pooling.init(state, hidden_);
      if (n == tokens.size())
        pooling.fold(state, tokens);
      else
        pooling.fold(state, tokens.part(first, n));
      first += n;
      count_ += n;
      if (count_ > block_tokens && count_ % block_tokens == 0) pooling.merge(whole_, block_);
    }
  }

  // The state of n tokens that nobody reads.
  State& counted(const P& pooling, Index hidden, Index n) {
    pooling.init(whole_, hidden);
    whole_.count = n;
    return whole_;
  }

  // The state of all tokens so far; no more are to come.
  State& finished(const P& pooling) {
    if (count_ > block_tokens && count_ % block_tokens != 0) pooling.merge(whole_, block_);
    return whole_;
  }

 private:
  Index hidden_ = 0;
  Index count_ = 0;
  State whole_;  // the blocks that are complete, or the first one
  State block_;  // a later one
};

}  // namespace seqpool::inline SEQPOOL_ABI::detail
