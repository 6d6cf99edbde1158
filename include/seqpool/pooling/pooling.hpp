// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_POOLING_POOLING_HPP
#define SEQPOOL_POOLING_POOLING_HPP

#include <seqpool/detail/accumulators.hpp>
#include <seqpool/detail/scalar.hpp>

#include <concepts>
#include <cstddef>
#include <span>

namespace seqpool {

/// Some real tokens of one sequence, in order: `[n, hidden]`, each where it lies in memory.
///
/// `tokens[i]` points to the `hidden` consecutive features of token i. Padded tokens are not among them, so
/// a pooling never meets a mask.
template <Scalar T>
class TokenBlock {
 public:
  TokenBlock(std::span<const T* const> tokens, Index hidden) noexcept : tokens_(tokens), hidden_(hidden) {}

  Index size() const noexcept { return static_cast<Index>(tokens_.size()); }
  bool empty() const noexcept { return tokens_.empty(); }
  Index hidden() const noexcept { return hidden_; }
  const T* operator[](Index i) const noexcept { return tokens_[static_cast<std::size_t>(i)]; }
  auto begin() const noexcept { return tokens_.begin(); }
  auto end() const noexcept { return tokens_.end(); }

  /// Tokens `[first, first + count)` of these, `[count, hidden]`.
  TokenBlock part(Index first, Index count) const noexcept {
    return {tokens_.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)), hidden_};
  }

 private:
  std::span<const T* const> tokens_;
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

// op over feature h of the tokens x, the first of which has index i. Inlined by force: at -O2 g++ calls it instead.
template <class A, class Op, class... X>
[[gnu::always_inline]] inline A fold_feature(A acc, Index h, Index i, Op op, X... x) {
  ((acc = op(acc, widen(x[h]), i++)), ...);
  return acc;
}

// The inner loop: the tokens x for every feature. Its sixteen features at a time are a loop of fixed length, without
// which compilers make no vector code at -O2 (mean in L2: 3 times slower).
template <class A, class Op, class... X>
void fold_pass(A* __restrict out, Index hidden, Index i, Op op, X... x) {
  constexpr Index chunk = 16;
  Index h = 0;
  for (; h + chunk <= hidden; h += chunk)
    for (Index j = 0; j < chunk; ++j) out[h + j] = fold_feature(out[h + j], h + j, i, op, x...);
  for (; h < hidden; ++h) out[h] = fold_feature(out[h], h, i, op, x...);
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
  for (; i + 8 <= n; i += 8)
    detail::fold_pass(acc, x.hidden(), i, op, x[i], x[i + 1], x[i + 2], x[i + 3], x[i + 4], x[i + 5], x[i + 6],
                      x[i + 7]);
  for (; i < n; ++i) detail::fold_pass(acc, x.hidden(), i, op, x[i]);
}

}  // namespace seqpool

#endif
