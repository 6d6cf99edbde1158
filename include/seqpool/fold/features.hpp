// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/compiler.hpp>
#include <seqpool/detail/fold_pass.hpp>
#include <seqpool/detail/token_source.hpp>
#include <seqpool/fold/accumulators.hpp>
#include <seqpool/fold/token_block.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// op(x, each(i), acc_0[h], acc_1[h], ...) for every feature h of every token i, in order: the inner loop that all
/// feature-wise work shares.
///
///     const auto weight_of = [&](seqpool::Index i) { return weights[tokens.position(i)]; };
///     const auto add = [](float x, float weight, float& total) { total += weight * x; };
///     seqpool::fold_features(tokens, weight_of, add, sum.data());
///
/// `op` takes a feature of token i in the accumulator's type, what `each(i)` gave for that token, and a reference to
/// each accumulator of that feature. `each` is called once for each token, in order, outside the loop over features.
///
/// **Shapes**: tokens: `[n, hidden]`; each acc: `[hidden]`, which must not overlap the tokens or another acc. A const
/// one, such as a parameter per feature, is only read.
/// **Empty**: n = 0 changes nothing.
/// **Cost**: reads each token once; allocates nothing.
/// **Numerics**: a feature's tokens are taken strictly in order, so neither addresses nor a split of the tokens into
/// several calls changes a bit.
template <Scalar T, class Each, class Op, class... A>
void fold_features(const TokenBlock<T>& tokens, Each each, Op op, A*... acc);

/// The state of a pooling that keeps one accumulator per feature and counts tokens: all that Mean, Max and Sum add is
/// the `op(held, x)` that they hand in.
///
///     state.start(hidden, 0);
///     state.fold(tokens, [](auto sum, auto x) { return sum + x; });
template <Scalar T> struct FeatureState {
  using A = accumulator_t<T>;

  Accumulators<A> values;  // [hidden]
  Index count = 0;         // tokens taken in

  void start(Index hidden, A value);

  /// Starts a state that holds the values of one token, which `set` gives; until then they are unknown.
  void start(Index hidden);

  /// values[h] = token[h]; the caller counts the token. token: `[hidden]`.
  void set(const T* token);

  /// values[h] = op(values[h], x_i[h]) for every token i, in order.
  template <class Op> void fold(const TokenBlock<T>& tokens, Op op);

  /// values[h] = op(values[h], next.values[h]); counts add up.
  template <class Op> void merge(const FeatureState& next, Op op);

  /// Writes the values to `out`, `[hidden]`; zeros if no token was taken in.
  void write(auto out) const {
    if (count == 0)
      as_array(out).setZero();
    else
      as_array(out) = as_array(values);
  }

  /// Writes f(values[h]) to `out`, `[hidden]`, even if no token was taken in.
  template <class F> void write(std::span<A> out, F f) const;

  /// count, or 1 if count is 0: what a mean divides by.
  [[nodiscard]] A divisor() const noexcept { return static_cast<A>(count > 0 ? count : 1); }

  void visit(auto f) {
    f(values);
    f(count);
  }
};

/// The base of a plain pooling P, which pools each feature by itself: P says its op, and whatever else differs.
///
///     struct MeanSquare : seqpool::FeaturePooling<MeanSquare> {
///       static constexpr auto feature_op = [](auto sum, auto x) { return sum + x * x; };
///       static constexpr auto merge_op = std::plus<>();
///
///       void finish(const auto& state, auto out) const {
///         state.write(out, [n = state.divisor()](auto sum) { return sum / n; });
///       }
///     };
///
/// `seqpool::pool(MeanSquare{}, x, mask)` then gives out[h] = (sum_t x_t[h]^2) / n.
///
/// | expression | meaning | without it |
/// |---|---|---|
/// | `P::feature_op` | `op(held, x)`: a feature's value after one more token; a constant | P has its own fold |
/// | `P::merge_op` | `op(held, next)`: a feature's value merged with that of the tokens that follow | `feature_op` |
/// | `P::start<A>` | a feature's value before the first token | 0 |
/// | `p.finish(state, out)` | writes the result | the values; zeros for no token |
/// | `P::features_alike` | false if an empty P tells features apart, by their numbers: see `FeaturesAlike` | true |
///
/// Any other step of a `Pooling` that P has hides the base's. A `Concat` folds all poolings that say `feature_op` in
/// one pass over the features.
template <class P> struct FeaturePooling {
  template <Scalar T> using State = FeatureState<T>;
  template <class A> static constexpr A start = A(0);
  static constexpr bool features_alike = true;

  [[nodiscard]] Index width(Index hidden) const noexcept { return hidden; }
  template <Scalar T> void init(FeatureState<T>& state, Index hidden) const {
    state.start(hidden, P::template start<accumulator_t<T>>);
  }
  template <Scalar T> void fold(FeatureState<T>& state, const TokenBlock<T>& tokens) const;
  template <Scalar T> void merge(FeatureState<T>& state, const FeatureState<T>& next) const;
  void finish(const auto& state, auto out) const { state.write(out); }
};

/// A pooling whose state is a `FeatureState` and whose fold is `state.fold(tokens, P::feature_op)`.
template <class P, class T>
concept FeatureWise =
    Scalar<T> && std::same_as<typename P::template State<T>, FeatureState<T>> && requires { P::feature_op; };

/// A pooling that treats all features alike, so the features of a column-major batch may be pooled as if they were its
/// rows. It derives from its own `FeaturePooling<P>`, holds nothing that could belong to one feature, and does not say
/// that features differ.
template <class P>
concept FeaturesAlike = std::derived_from<P, FeaturePooling<P>> && std::is_empty_v<P> && P::features_alike;

// ---------------------------------------------------------------------------------------------------------------------

template <Scalar T, class Each, class Op, class... A>
void fold_features(const TokenBlock<T>& tokens, Each each, Op op, A*... acc) {
  // Eight tokens per pass: eight streams for the prefetcher, and an eighth of the accumulators' loads and stores.
  constexpr auto tile = std::make_index_sequence<std::size_t{detail::tile_tokens}>();
  Index i = 0;
  if (tokens.size() >= detail::tile_tokens) i = detail::fold_passes(tokens, i, each, op, tile, acc...);
  if (i < tokens.size()) detail::fold_passes(tokens, i, each, op, std::make_index_sequence<1>(), acc...);
}

template <Scalar T> void FeatureState<T>::start(Index hidden, A value) {
  values.assign(static_cast<std::size_t>(hidden), value);
  count = 0;
}

template <Scalar T> void FeatureState<T>::start(Index hidden) {
  values.resize(static_cast<std::size_t>(hidden));
  count = 0;
}

template <Scalar T> void FeatureState<T>::set(const T* token) {
  const Index hidden = static_cast<Index>(values.size());
  seqpool::fold_features(
      TokenBlock<T>(token, 1, hidden, hidden), [](Index) { return nullptr; },
      [](A x, std::nullptr_t, A& held) { held = x; }, values.data());
}

template <Scalar T> template <class Op> void FeatureState<T>::fold(const TokenBlock<T>& tokens, Op op) {
  seqpool::fold_features(
      tokens, [](Index) { return nullptr; },
      [op](A x, std::nullptr_t, A& held) SEQPOOL_INLINE_LAMBDA { held = op(held, x); }, values.data());
  count += tokens.size();
}

template <Scalar T> template <class Op> void FeatureState<T>::merge(const FeatureState& next, Op op) {
  const Index hidden = static_cast<Index>(next.values.size());
  seqpool::fold_features(
      TokenBlock<A>(next.values.data(), 1, hidden, hidden), [](Index) { return nullptr; },
      [op](A x, std::nullptr_t, A& held) { held = op(held, x); }, values.data());
  count += next.count;
}

template <Scalar T> template <class F> void FeatureState<T>::write(std::span<A> out, F f) const {
  const Index hidden = static_cast<Index>(values.size());
  seqpool::fold_features(
      TokenBlock<A>(values.data(), 1, hidden, hidden), [](Index) { return nullptr; },
      [f](A x, std::nullptr_t, A& result) SEQPOOL_INLINE_LAMBDA { result = f(x); }, out.data());
}

template <class P>
template <Scalar T>
void FeaturePooling<P>::fold(FeatureState<T>& state, const TokenBlock<T>& tokens) const {
  constexpr bool has_op = requires { P::feature_op; };
  static_assert(has_op,
                "seqpool: a FeaturePooling<P> says how a feature's value takes in a token's: static constexpr auto "
                "feature_op = [](auto held, auto x) { return held + x; }; or has a fold(state, tokens) of its own.");
  if constexpr (has_op) state.fold(tokens, P::feature_op);
}

template <class P>
template <Scalar T>
void FeaturePooling<P>::merge(FeatureState<T>& state, const FeatureState<T>& next) const {
  if constexpr (requires { P::merge_op; })
    state.merge(next, P::merge_op);
  else if constexpr (requires { P::feature_op; })
    state.merge(next, P::feature_op);
}

}  // namespace seqpool::inline SEQPOOL_ABI
