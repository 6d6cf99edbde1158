// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/chunk.hpp>
#include <seqpool/detail/token_source.hpp>
#include <seqpool/scalar.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::detail {

// A chunk of a token's features, and what belongs to the token.
template <Scalar T, class Value> struct TokenChunk {
  WidenedChunk<T> x;
  Value value;
};

// op over one feature of the tokens of a pass. Inlined by force: at -O2 g++ calls it instead.
template <class Tokens, class Op, std::size_t... k, class... A>
[[gnu::always_inline]] inline void fold_feature(const Tokens& tokens, Index j, Op op, std::index_sequence<k...>,
                                                A&... acc) {
  (op(tokens[k].x[j], tokens[k].value, acc...), ...);
}

// What becomes of an accumulator that was held in a register; one that is const was only read.
template <class A> [[gnu::always_inline]] inline void put_back(A& acc, A held) { acc = held; }
template <class A> [[gnu::always_inline]] inline void put_back(const A&, A) {}

// The same for one feature of every acc, held in registers meanwhile.
template <class Tokens, class Op, class Pass, class... A>
[[gnu::always_inline]] inline void fold_held(const Tokens& tokens, Index j, Op op, Pass pass, A*... acc) {
  [&](A... held) __attribute__((always_inline)) {
    detail::fold_feature(tokens, j, op, pass, held...);
    (detail::put_back(acc[j], held), ...);
  }(acc[j]...);
}

// A chunk of features of the tokens of a pass: a loop of fixed length, without which compilers make no vector code at
// -O2.
template <Index features, class Tokens, class Op, class Pass, class... A>
[[gnu::always_inline]] inline void fold_chunk(const Tokens& tokens, Op op, Pass pass, A*... acc) {
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC ivdep  // the accumulators overlap no token
#endif
  for (Index j = 0; j < features; ++j) detail::fold_held(tokens, j, op, pass, acc...);
}

// The inner loop: passes over the tokens from `first` on, each of which takes all features of as many tokens as there
// are k. Returns the first token that is left, which are fewer than a pass takes. The tokens of the next pass are
// prefetched meanwhile: a token is a page of memory or less, too short for hardware to see what comes after it. Never
// inlined, as it needs every register for itself.
template <std::size_t... k, class Block, class Each, class Op, class... A>
[[gnu::noinline]] Index fold_passes(const Block& x, Index first, Each each, Op op, std::index_sequence<k...> pass,
                                    A* __restrict... acc) {
  using T = typename Block::value_type;
  constexpr Index chunk = chunk_features<T>;
  constexpr Index count = sizeof...(k);
  using Value = std::decay_t<decltype(each(first))>;
  for (; first + count <= x.size(); first += count) {
    const T* const tokens[] = {x[first + static_cast<Index>(k)]...};
    const Value values[] = {each(first + static_cast<Index>(k))...};
    const Index ahead = sizeof...(k) == tile_tokens ? Prefetch::distance(x, first) : 0;
    Index h = 0;
    for (; h + chunk <= x.hidden(); h += chunk) {
      if (ahead != 0) (detail::prefetch_chunk(tokens[k] + h, ahead), ...);
      const TokenChunk<T, Value> chunks[] = {{WidenedChunk<T>(tokens[k] + h), values[k]}...};
      fold_chunk<chunk>(chunks, op, pass, acc + h...);
    }
    for (; h < x.hidden(); ++h) (op(widen(tokens[k][h]), values[k], acc[h]...), ...);
  }
  return first;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
