// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_FOLD_POOLING_HPP
#define SEQPOOL_FOLD_POOLING_HPP

#include <seqpool/detail/chunk.hpp>
#include <seqpool/fold/accumulators.hpp>
#include <seqpool/scalar.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// Some real tokens of one sequence, in order: `[n, hidden]`, each where it lies in memory.
///
/// `tokens[i]` points to the `hidden` consecutive features of token i. Padded tokens are not among them, so
/// a pooling never meets a mask.
template <Scalar T>
class TokenBlock {
 public:
  /// `upcoming` are the same tokens and those that will be read after them, for fold_features to prefetch: where they
  /// are in memory, and not in a cache.
  TokenBlock(std::span<const T* const> tokens, Index hidden, std::span<const T* const> upcoming = {}) noexcept
      : tokens_(tokens), upcoming_(upcoming), hidden_(hidden) {}

  Index size() const noexcept { return static_cast<Index>(tokens_.size()); }
  bool empty() const noexcept { return tokens_.empty(); }
  Index hidden() const noexcept { return hidden_; }
  const T* operator[](Index i) const noexcept { return tokens_[static_cast<std::size_t>(i)]; }
  auto begin() const noexcept { return tokens_.begin(); }
  auto end() const noexcept { return tokens_.end(); }

  /// Tokens `[first, first + count)` of these, `[count, hidden]`.
  TokenBlock part(Index first, Index count) const noexcept {
    TokenBlock block(tokens_.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)), hidden_);
    if (!upcoming_.empty()) block.upcoming_ = upcoming_.subspan(static_cast<std::size_t>(first));
    return block;
  }

  /// How many elements behind each of the tokens `[first, first + count)` the one lies that is read `count` tokens
  /// later; 0 if those are not to be prefetched, or not equally far.
  Index ahead(Index first, Index count) const noexcept {
    if (first + 2 * count > static_cast<Index>(upcoming_.size())) return 0;
    const auto* const tokens = upcoming_.data() + first;
    const Index distance = tokens[count] - tokens[0];
    for (Index i = 1; i < count; ++i)
      if (tokens[count + i] - tokens[i] != distance) return 0;
    return distance;
  }

 private:
  std::span<const T* const> tokens_;
  std::span<const T* const> upcoming_;
  Index hidden_;
};

/// Which real tokens of a row a pooling has to see. A pooling may say `static constexpr Reads reads = ...`;
/// one that does not gets every token.
enum class Reads { every_token, first_token, last_token };

/// A way to turn the hidden states of one sequence, `[seq, hidden]`, into one vector, `[width]`: a fold over
/// its real tokens with a state that merges.
///
/// With `P p`, `P::State<Scalar> s, next`, `accumulator_t<Scalar>` = A:
///
/// | expression | meaning |
/// |---|---|
/// | `p.width(hidden)` | features of the result; may throw `std::invalid_argument` if `hidden` does not fit p |
/// | `p.init(s, hidden)` | s becomes the empty state, whatever it was; allocates only if s never had this size |
/// | `p.fold(s, tokens)` | s takes in the next tokens, a `TokenBlock<Scalar>` `[n, hidden]` |
/// | `p.merge(s, next)` | s takes in what `next` has seen, which comes after what s has seen |
/// | `p.finish(s, out)` | writes the result to `out`, a `std::span<A>` `[width]`; zeros for the empty state |
///
/// The laws (tests/laws_test.cpp runs them for any pooling): merging with the empty state changes nothing;
/// fold(A ++ B) equals merge(fold(A), fold(B)) within rounding. The driver folds fixed blocks of real tokens
/// and merges them in order, so a deterministic pooling gives the same bits for a row wherever it stands.
/// The four steps are const: one pooling may serve many threads.
///
/// A pooling may say `static constexpr bool feature_wise = true` if it pools every feature by itself, into one of the
/// same index: column-major hidden states are then pooled as they lie, with batch and hidden exchanged.
template <class P, class T = float>
concept Pooling = Scalar<T> &&
    requires(const P p, typename P::template State<T> s, const typename P::template State<T> next, TokenBlock<T> tokens,
             std::span<accumulator_t<T>> out, Index hidden) {
  { p.width(hidden) } -> std::convertible_to<Index>;
  p.init(s, hidden);
  p.fold(s, tokens);
  p.merge(s, next);
  p.finish(next, out);
};

namespace detail {

// op over one feature x of the tokens i, i + 1, ... Inlined by force: at -O2 g++ calls it instead.
template <class A, class Op, class... X>
[[gnu::always_inline]] inline A fold_feature(A acc, Index i, Op op, X... x) {
  ((acc = op(acc, x, i++)), ...);
  return acc;
}

// A chunk of features of the tokens i, i + 1, ...: a loop of fixed length, without which compilers make no vector code
// at -O2 (mean in L2: 3 times slower).
template <Index features, class A, class Op, class... Chunk>
[[gnu::always_inline]] inline void fold_chunk(A* out, Index i, Op op, const Chunk&... x) {
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC ivdep  // the accumulators overlap no token
#endif
  for (Index j = 0; j < features; ++j) out[j] = fold_feature(out[j], i, op, x[j]...);
}

// The inner loop: all whole chunks of the tokens i, i + 1, ... of x. The tokens of the next pass are prefetched
// meanwhile: a token is a page of memory or less, too short for hardware to see what comes after it.
template <std::size_t... k, Scalar T, class A, class Op>
void fold_pass(A* __restrict out, const TokenBlock<T>& x, Index i, Op op, std::index_sequence<k...>) {
  constexpr Index count = sizeof...(k);
  constexpr Index chunk = chunk_features<T>;
  const T* const tokens[] = {x[i + static_cast<Index>(k)]...};
  const Index ahead = x.ahead(i, count);  // a pointer for each token ahead would cost a sixth of the speed
  for (Index h = 0; h + chunk <= x.hidden(); h += chunk) {
    if (ahead != 0) (prefetch_chunk(tokens[k] + h + ahead), ...);
    fold_chunk<chunk>(out + h, i, op, WidenedChunk<T>(tokens[k] + h)...);
  }
}

}  // namespace detail

/// acc[h] = op(... op(op(acc[h], x_0[h], 0), x_1[h], 1) ..., x_{n-1}[h], n-1) for every feature h: the inner
/// loop that all row-wise poolings share. `op(A acc, A x, Index i)` takes the accumulator, a feature of
/// token i widened to A, and i.
///
/// **Shapes**: acc: `[hidden]`; x: `[n, hidden]`. **Empty**: n = 0 changes nothing. **Errors**: none;
/// acc must not overlap the tokens. **Complexity**: reads each token once, allocates nothing. **Numerics**: a
/// feature's tokens are taken strictly in order: addresses, and a split of the tokens into several calls, change no
/// bit.
template <Scalar T, class A, class Op>
void fold_features(A* acc, const TokenBlock<T>& x, Op op) {
  const Index n = x.size();
  Index i = 0;
  // Eight tokens a pass: eight streams for the prefetcher, and an eighth of the accumulator's loads and stores (mean
  // in DRAM against four a pass: 1.2 times as fast at -O3 -march=native, 1.3 at -O2).
  for (; i + 8 <= n; i += 8) detail::fold_pass(acc, x, i, op, std::make_index_sequence<8>());
  for (; i < n; ++i) detail::fold_pass(acc, x, i, op, std::make_index_sequence<1>());

  const Index rest = x.hidden() - x.hidden() % detail::chunk_features<T>;
  if (rest < x.hidden())
    for (i = 0; i < n; ++i)
      for (Index h = rest; h < x.hidden(); ++h) acc[h] = op(acc[h], widen(x[i][h]), i);
}

/// acc[h] = op(acc[h], next[h], 0) for every feature h: what two states of a row-wise pooling merge by, as
/// fold_features with `next` for the one token.
///
/// **Shapes**: acc, next: `[hidden]`. **Errors**: none. **Complexity**: O(hidden), allocates nothing.
template <class A, class Op>
void merge_features(Accumulators<A>& acc, const Accumulators<A>& next, Op op) {
  const A* const token = next.data();
  fold_features(acc.data(), TokenBlock<A>(std::span(&token, 1), static_cast<Index>(next.size())), op);
}

}  // namespace seqpool::inline SEQPOOL_ABI

#endif
