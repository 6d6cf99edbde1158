// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/result_of.hpp>
#include <seqpool/fold/features.hpp>
#include <seqpool/fold/gradients.hpp>
#include <seqpool/fold/parameters.hpp>

#include <concepts>

namespace seqpool::inline SEQPOOL_ABI {

/// Which real tokens of a row a pooling has to see. These are flags: what several poolings need together is their `|`.
enum class Reads : unsigned { first_token = 1, last_token = 2, first_and_last = 3, every_token = 7 };

[[nodiscard]] constexpr Reads operator|(Reads a, Reads b) noexcept {
  return static_cast<Reads>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}

/// The element of P's result for hidden states of T.
template <class P, class T> using result_t = typename detail::ResultOf<P, T>::type;

/// A way to turn the hidden states of one sequence, `[seq, hidden]`, into one vector, `[width]`: a fold over its real
/// tokens with a state that merges.
///
/// With `P p`, `P::State<T> s, next`:
///
/// | expression | meaning |
/// |---|---|
/// | `p.width(hidden)` | features of the result; may throw `std::invalid_argument` if `hidden` does not fit p |
/// | `p.init(s, hidden)` | s becomes the empty state, whatever it was; allocates only if s never had this size |
/// | `p.fold(s, tokens)` | s takes in the next tokens, a `TokenBlock<T>` `[n, hidden]` |
/// | `p.merge(s, next)` | s takes in what `next` has seen, which comes after what s has seen |
/// | `p.finish(s, out)` | writes the result to `out`, a `std::span` `[width]`; zeros for the empty state |
///
/// `finish` may use s as scratch, if finishing again gives the same result.
///
/// A pooling may also say:
///
/// | expression | meaning | without it |
/// |---|---|---|
/// | `P::Result<T>` | element of the result | `accumulator_t<T>` |
/// | `p.reads()` | the tokens it has to see, `Reads` | `Reads::every_token` |
/// | `p.check(batch, seq)` | throws unless what p holds per token fits `[batch, seq]`; called before a fold | all fit |
/// | `p.per_token()` | whether p holds something for each token, so no `Stream` takes it | whether it has a `check` |
/// | `p.name()` | a `std::string`: its kind, and what no training changes; see `identity_of` | `""` |
/// | `p.visit_parameters(f)` | calls f for each parameter, see `Parametric` | it has none |
/// | `s.visit(f)` | calls f for each number or `Accumulators` in s | s cannot be saved |
/// | `s.count`, `s.holds(first, n)` | what `holds` asks: loaded states are checked against it | they are believed |
/// | `P::feature_op` | the op by which p folds a `FeatureState`: `FeatureWise` | a `Concat` folds p by itself |
/// | `p.backward(s, tokens, gradients)` | the way back of a finished s, see `Gradients` | no `gradient` |
/// | `P::backward_by_count` | true if it asks s for its `count` alone, and nobody for the result | it needs the fold |
///
/// The laws, which tests/laws_test.cpp runs for any pooling: merging with the empty state changes nothing; fold(A ++ B)
/// equals merge(fold(A), fold(B)) within rounding; fold(A) and then fold(B) has the bits of fold(A ++ B) if A is a
/// multiple of 8 tokens. The driver folds blocks of 256 real tokens and merges them in order, so a row has the same
/// bits wherever it stands. All steps are const: one pooling may serve many threads.
template <class P, class T = float>
concept Pooling = Scalar<T> && requires(const P& p, typename P::template State<T>& s,
                                        const typename P::template State<T>& next, const TokenBlock<T>& tokens,
                                        std::span<result_t<P, T>> out, Index hidden) {
  requires std::default_initializable<typename P::template State<T>> && std::copyable<typename P::template State<T>>;
  { p.width(hidden) } -> std::convertible_to<Index>;
  p.init(s, hidden);
  p.fold(s, tokens);
  p.merge(s, next);
  p.finish(s, out);
};

/// A pooling that has a gradient.
template <class P, class T = float>
concept Differentiable =
    Pooling<P, T> && requires(const P& p, const typename P::template State<T>& s, const TokenBlock<T>& tokens,
                              const Gradients<accumulator_t<T>>& gradients) { p.backward(s, tokens, gradients); };

/// A pooling whose way back needs no fold, only the number of real tokens.
template <class P>
concept BackwardByCount = P::backward_by_count;

/// A pooling of hidden states of at least one scalar: what a type made of poolings can ask of them.
template <class P>
concept SomePooling = Pooling<P, float> || Pooling<P, double> || Pooling<P, Eigen::half> || Pooling<P, Eigen::bfloat16>;

/// A pooling with parameters for each token, such as `TokenWeightedMean`: one that has `check(batch, seq)`.
template <class P>
concept PerToken = requires(const P& pooling, Index i) { pooling.check(i, i); };

/// A pooling that knows only at run time whether it has parameters for each token, like an `AnyPooling`: one that has
/// `per_token()`.
template <class P>
concept PerTokenAtRunTime = requires(const P& pooling) {
  { pooling.per_token() } -> std::same_as<bool>;
};

/// What a pooling says about itself, or the default: for poolings made of others.
template <class P> [[nodiscard]] bool per_token_of([[maybe_unused]] const P& pooling) {
  if constexpr (PerTokenAtRunTime<P>)
    return pooling.per_token();
  else
    return PerToken<P>;
}
template <class P> [[nodiscard]] Reads reads_of([[maybe_unused]] const P& pooling) {
  if constexpr (requires {
                  { pooling.reads() } -> std::same_as<Reads>;
                })
    return pooling.reads();
  else
    return Reads::every_token;
}
template <class P> [[nodiscard]] std::string name_of([[maybe_unused]] const P& pooling) {
  if constexpr (requires {
                  { pooling.name() } -> std::convertible_to<std::string>;
                })
    return pooling.name();
  else
    return {};
}
/// What states, merges and saved streams are identified by: the name, and what tells the parameters apart.
template <class P> [[nodiscard]] std::string identity_of(const P& pooling) {
  const std::uint64_t parameters = seqpool::parameters_checksum(pooling);
  if (parameters == 0) return seqpool::name_of(pooling);
  return detail::sentence({seqpool::name_of(pooling), " ", parameters});
}
template <class P>
void check_tokens([[maybe_unused]] const P& pooling, [[maybe_unused]] Index batch, [[maybe_unused]] Index seq) {
  if constexpr (PerToken<P>) pooling.check(batch, seq);
}

}  // namespace seqpool::inline SEQPOOL_ABI
