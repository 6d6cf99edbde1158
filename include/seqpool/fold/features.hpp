// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_FOLD_FEATURES_HPP
#define SEQPOOL_FOLD_FEATURES_HPP

#include <seqpool/detail/chunk.hpp>
#include <seqpool/fold/accumulators.hpp>
#include <seqpool/fold/token_block.hpp>
#include <seqpool/scalar.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// op(x, each(i), acc_0[h], acc_1[h], ...) for every feature h of every token i, in order: the inner loop that all
/// feature-wise work shares.
///
///     fold_features(tokens, [&](Index i) { return weights[tokens.position(i)]; },
///                   [](float x, float weight, float& sum) { sum += weight * x; }, state.sum.data());
///
/// `op` takes a feature of token i in the accumulator's type, what `each(i)` gave for that token, and a reference to
/// each accumulator of that feature. `each` is asked once for each token, in order, outside the loop over features.
///
/// **Shapes**: tokens: `[n, hidden]`; each acc: `[hidden]`, without overlap with the tokens or another acc.
/// **Empty**: n = 0 changes nothing.
/// **Cost**: reads each token once; allocates nothing.
/// **Numerics**: a feature's tokens are taken strictly in order, so neither addresses nor a split of the tokens into
/// several calls change a bit.
template <Scalar T, class Each, class Op, class... A>
void fold_features(const TokenBlock<T>& tokens, Each each, Op op, A*... acc);

/// The state of a pooling that keeps one accumulator a feature, and counts tokens: all of Mean, Max, Sum is in which
/// `op(held, x)` they hand in.
///
///     state.start(hidden, 0);
///     state.fold(tokens, [](auto sum, auto x) { return sum + x; });
template <Scalar T>
struct FeatureState {
  using A = accumulator_t<T>;

  Accumulators<A> values;  // [hidden]
  Index count = 0;         // tokens taken in

  void start(Index hidden, A value);

  /// values[h] = op(values[h], x_i[h]) for every token i, in order.
  template <class Op>
  void fold(const TokenBlock<T>& tokens, Op op);

  /// values[h] = op(values[h], next.values[h]); counts add up.
  template <class Op>
  void merge(const FeatureState& next, Op op);

  /// count, or 1 where that is 0: what a mean divides by.
  [[nodiscard]] A divisor() const noexcept { return static_cast<A>(count > 0 ? count : 1); }

  void visit(auto f) {
    f(values);
    f(count);
  }
};

// ---------------------------------------------------------------------------------------------------------------------

namespace detail {

// A chunk of a token's features, and what belongs to the token.
template <Scalar T, class Value>
struct TokenChunk {
  WidenedChunk<T> x;
  Value value;
};

// op over one feature of the tokens of a pass. Inlined by force: at -O2 g++ calls it instead.
template <class Tokens, class Op, std::size_t... k, class... A>
[[gnu::always_inline]] inline void fold_feature(const Tokens& tokens, Index j, Op op, std::index_sequence<k...>,
                                                A&... acc) {
  (op(tokens[k].x[j], tokens[k].value, acc...), ...);
}

// The same for one feature of every acc, held in registers meanwhile.
template <class Tokens, class Op, class Pass, class... A>
[[gnu::always_inline]] inline void fold_held(const Tokens& tokens, Index j, Op op, Pass pass, A*... acc) {
  [&](A... held) __attribute__((always_inline)) {
    fold_feature(tokens, j, op, pass, held...);
    ((acc[j] = held), ...);
  }
  (acc[j]...);
}

// A chunk of features of the tokens of a pass: a loop of fixed length, without which compilers make no vector code at
// -O2.
template <Index features, class Tokens, class Op, class Pass, class... A>
[[gnu::always_inline]] inline void fold_chunk(const Tokens& tokens, Op op, Pass pass, A*... acc) {
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC ivdep  // the accumulators overlap no token
#endif
  for (Index j = 0; j < features; ++j) fold_held(tokens, j, op, pass, acc...);
}

// The inner loop: all features of the tokens first, first + 1, ... of x, as many as k. The tokens of the next pass are
// prefetched meanwhile: a token is a page of memory or less, too short for hardware to see what comes after it.
template <std::size_t... k, Scalar T, class Each, class Op, class... A>
void fold_pass(const TokenBlock<T>& x, Index first, Each each, Op op, std::index_sequence<k...> pass,
               A* __restrict... acc) {
  constexpr Index chunk = chunk_features<T>;
  using Value = std::decay_t<decltype(each(first))>;
  const T* const tokens[] = {x[first + static_cast<Index>(k)]...};
  const Value values[] = {each(first + static_cast<Index>(k))...};
  const Index ahead = sizeof...(k) == tile_tokens ? Prefetch::distance(x, first) : 0;
  Index h = 0;
  for (; h + chunk <= x.hidden(); h += chunk) {
    if (ahead != 0) (prefetch_chunk(tokens[k] + h + ahead), ...);
    const TokenChunk<T, Value> chunks[] = {{WidenedChunk<T>(tokens[k] + h), values[k]}...};
    fold_chunk<chunk>(chunks, op, pass, acc + h...);
  }
  for (; h < x.hidden(); ++h) (op(widen(tokens[k][h]), values[k], acc[h]...), ...);
}

}  // namespace detail

template <Scalar T, class Each, class Op, class... A>
void fold_features(const TokenBlock<T>& tokens, Each each, Op op, A*... acc) {
  // Eight tokens a pass: eight streams for the prefetcher, and an eighth of the accumulators' loads and stores.
  Index i = 0;
  for (; i + detail::tile_tokens <= tokens.size(); i += detail::tile_tokens)
    detail::fold_pass(tokens, i, each, op, std::make_index_sequence<detail::tile_tokens>(), acc...);
  for (; i < tokens.size(); ++i) detail::fold_pass(tokens, i, each, op, std::make_index_sequence<1>(), acc...);
}

template <Scalar T>
void FeatureState<T>::start(Index hidden, A value) {
  values.assign(static_cast<std::size_t>(hidden), value);
  count = 0;
}

template <Scalar T>
template <class Op>
void FeatureState<T>::fold(const TokenBlock<T>& tokens, Op op) {
  seqpool::fold_features(
      tokens, [](Index) { return nullptr; }, [op](A x, std::nullptr_t, A& held) { held = op(held, x); }, values.data());
  count += tokens.size();
}

template <Scalar T>
template <class Op>
void FeatureState<T>::merge(const FeatureState& next, Op op) {
  const Index hidden = static_cast<Index>(next.values.size());
  seqpool::fold_features(
      TokenBlock<A>(next.values.data(), 1, hidden, hidden), [](Index) { return nullptr; },
      [op](A x, std::nullptr_t, A& held) { held = op(held, x); }, values.data());
  count += next.count;
}

}  // namespace seqpool::inline SEQPOOL_ABI

#endif
