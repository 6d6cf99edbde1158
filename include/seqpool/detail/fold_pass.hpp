// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/chunk.hpp>
#include <seqpool/detail/compiler.hpp>
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

// One accumulator of one feature, held in a register until it is put back; a const one is only read.
template <class A> struct Held {
  A& place;
  std::remove_const_t<A> value = place;

  SEQPOOL_INLINE A& get() noexcept { return value; }
  SEQPOOL_INLINE void put_back() const noexcept {
    if constexpr (!std::is_const_v<A>) place = value;
  }
};

// Applies op to one feature of all tokens of a pass, while its accumulators are held. It is inlined by force, because
// at -O2 g++ would call it.
template <class Tokens, class Op, std::size_t... k, class... A>
SEQPOOL_INLINE void fold_feature(const Tokens& tokens, Index j, Op op, std::index_sequence<k...>, Held<A>... acc) {
  (op(tokens[k].x[j], tokens[k].value, acc.get()...), ...);
  (acc.put_back(), ...);
}
// The inner loop: passes over the tokens from `first` on. Each pass takes all features of as many tokens as there are
// k. Returns the first token that is left; fewer are left than a pass takes. The tokens of the next pass are prefetched
// meanwhile: a token is a page of memory or less, too short for hardware to see what comes after it. The loop is never
// inlined, because it needs every register for itself.
template <std::size_t... k, class Tokens, class Each, class Op, class... A>
SEQPOOL_NOINLINE Index fold_passes(const Tokens& x, Index first, Each each, Op op, std::index_sequence<k...> pass,
                                   A* __restrict... acc) {
  using T = typename Tokens::value_type;
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
      // The length is fixed because compilers make no vector code at -O2 otherwise. The accumulators overlap no token.
      SEQPOOL_NO_OVERLAP
      for (Index j = 0; j < chunk; ++j) detail::fold_feature(chunks, j, op, pass, Held<A>{acc[h + j]}...);
    }
    for (; h < x.hidden(); ++h) (op(widen(tokens[k][h]), values[k], acc[h]...), ...);
  }
  return first;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
