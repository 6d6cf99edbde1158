// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/chunk.hpp>
#include <seqpool/detail/compiler.hpp>
#include <seqpool/detail/fold_pass.hpp>
#include <seqpool/detail/token_source.hpp>
#include <seqpool/scalar.hpp>

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::detail {

template <class P, class X, class S> class RowGradient;

// How many tokens a pass takes: each is read and written, so that they are half as many as those of fold_passes.
inline constexpr Index spread_tokens = 4;

// Writes what op gives for one feature of all tokens of a pass, while its accumulators are held.
template <class Tokens, class D, class Op, std::size_t... k, class... A>
SEQPOOL_INLINE void spread_feature(const Tokens& tokens, D* const* out, Index j, Op op, std::index_sequence<k...>,
                                   Held<A>... acc) {
  ((out[k][j] = op(tokens[k].x[j], tokens[k].value, acc.get()...)), ...);
  (acc.put_back(), ...);
}

// The way back of fold_passes: for each token, features are written to target(i), `[hidden]`, which overlaps nothing
// that is read. It is never inlined, because it needs every register for itself. What is added is written beside first,
// so that there is one inner loop for each op, and no memory is loaded that is only written.
template <std::size_t... k, class Tokens, class Target, class Each, class Op, class... A>
SEQPOOL_NOINLINE Index spread_passes(const Tokens& x, Target target, bool adds, Index first, Each each, Op op,
                                     std::index_sequence<k...> pass, A* __restrict... acc) {
  using T = typename Tokens::value_type;
  using D = accumulator_t<T>;
  constexpr Index chunk = chunk_features<T>;
  constexpr Index count = sizeof...(k);
  using Value = std::decay_t<decltype(each(first))>;
  std::array<std::array<D, static_cast<std::size_t>(chunk)>, sizeof...(k)> beside;
  for (; first + count <= x.size(); first += count) {
    const T* const tokens[] = {x[first + static_cast<Index>(k)]...};
    D* const targets[] = {target(first + static_cast<Index>(k))...};
    const Value values[] = {each(first + static_cast<Index>(k))...};
    Index h = 0;
    for (; h + chunk <= x.hidden(); h += chunk) {
      const TokenChunk<T, Value> chunks[] = {{WidenedChunk<T>(tokens[k] + h), values[k]}...};
      D* const out[] = {(adds ? beside[k].data() : targets[k] + h)...};
      SEQPOOL_NO_OVERLAP
      for (Index j = 0; j < chunk; ++j) detail::spread_feature(chunks, out, j, op, pass, Held<A>{acc[h + j]}...);
      if (adds)
        for (Index j = 0; j < chunk; ++j) ((targets[k][h + j] += out[k][j]), ...);
    }
    for (; h < x.hidden(); ++h)
      ((targets[k][h] = (adds ? targets[k][h] : D(0)) + op(widen(tokens[k][h]), values[k], acc[h]...)), ...);
  }
  return first;
}

// target(i)[h] = or += op(x_i[h], each(i), acc_0[h], ...) for every feature h of every token i, in order.
template <class Tokens, class Target, class Each, class Op, class... A>
void spread_features(const Tokens& tokens, Target target, bool adds, Each each, Op op, A*... acc) {
  constexpr auto pass = std::make_index_sequence<std::size_t{spread_tokens}>();
  Index i = 0;
  if (tokens.size() >= spread_tokens) i = detail::spread_passes(tokens, target, adds, i, each, op, pass, acc...);
  if (i < tokens.size())
    detail::spread_passes(tokens, target, adds, i, each, op, std::make_index_sequence<1>(), acc...);
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
