// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/compiler.hpp>
#include <seqpool/detail/exponential.hpp>
#include <seqpool/detail/rows.hpp>
#include <seqpool/pool.hpp>

namespace seqpool::inline SEQPOOL_ABI {

/// A sparse vector from a masked language model's logits, a weight for each word of the vocabulary:
/// out[v] = max_t w(x_t[v]) or sum_t w(x_t[v]), where w(x) = log(1 + max(x, 0)), or log(1 + log(1 + max(x, 0))).
///
///     seqpool::pool(seqpool::Splade{}, logits, mask);  // or splade_pool(logits, mask)
///     seqpool::pool(seqpool::Splade{seqpool::Splade::sum, seqpool::Splade::log1p_relu}, logits, mask);
///
/// **Shapes**: tokens `[n, vocabulary]` to `[vocabulary]`.
/// **Cost**: for the maximum, one logarithm per row and not per token, as w never falls.
/// **Numerics**: in `accumulator_t`. With k = 2, or 4 for log1p_relu, |error| <= k * eps * out[v] for the maximum, and
/// (min(n, 256) + n / 256 + k) * eps * out[v] for the sum. A NaN in a real token reaches its feature.
/// **Source**: sentence-transformers' SpladePooling, with its names for strategies and activation functions.
struct Splade {
  enum Strategy { max, sum };
  enum Weight { relu, log1p_relu };

  Strategy strategy = max;
  Weight weight = relu;

  template <Scalar T> using State = FeatureState<T>;  // values: max(max_t x_t, 0), or sum_t w(x_t)

  [[nodiscard]] std::string name() const;
  [[nodiscard]] Index width(Index hidden) const noexcept { return hidden; }
  void init(auto& state, Index hidden) const { state.start(hidden, 0); }
  void fold(auto& state, const auto& tokens) const;
  void merge(auto& state, const auto& next) const;
  void finish(const auto& state, auto out) const;
  void backward(const auto& state, const auto& tokens, const auto& gradients) const;

 private:
  // Calls f(w), where w takes a number of 0 or more.
  void with_weight(auto f) const;
};

/// `pool(Splade{}, logits, mask, device)`.
///
/// **Shapes**: logits: `[batch, seq, vocabulary]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result:
/// `[batch, vocabulary]`.
template <class X, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto splade_pool(const X& logits, const M& mask = {}, const D& device = {}) {
  return seqpool::pool(Splade{}, logits, mask, device);
}

// ---------------------------------------------------------------------------------------------------------------------

inline std::string Splade::name() const {
  return std::string("splade ") + (strategy == max ? "max" : "sum") + (weight == relu ? " relu" : " log1p_relu");
}

void Splade::with_weight(auto f) const {
  if (weight == relu)
    f([](auto x) SEQPOOL_INLINE_LAMBDA { return detail::log_one_plus(x); });
  else
    f([](auto x) SEQPOOL_INLINE_LAMBDA { return detail::log_one_plus(detail::log_one_plus(x)); });
}

void Splade::fold(auto& state, const auto& tokens) const {
  if (strategy == max)
    state.fold(tokens, detail::larger);
  else
    with_weight([&](auto w) {
      state.fold(tokens,
                 [w]<class A>(A held, A x) SEQPOOL_INLINE_LAMBDA { return held + w(detail::either(x < 0, A(0), x)); });
    });
}

void Splade::merge(auto& state, const auto& next) const {
  if (strategy == max)
    state.merge(next, detail::larger);
  else
    state.merge(next, std::plus());
}

void Splade::finish(const auto& state, auto out) const {
  if (strategy == max)
    with_weight([&](auto w) { state.write(out, w); });
  else
    state.write(out);
}

void Splade::backward(const auto& state, const auto& tokens, const auto& gradients) const {
  const auto go_back = [&](auto slope) {
    // 0 or less weighs nothing, so it has no slope; a NaN has one.
    const auto of = [slope](auto x, auto g) SEQPOOL_INLINE_LAMBDA { return x <= 0 ? decltype(x)(0) : g * slope(x); };
    if (strategy == max)
      gradients.spread_to_first(tokens, state.values.data(), detail::is_held, of);
    else
      gradients.spread(tokens, of);
  };
  if (weight == relu)
    go_back([](auto x) SEQPOOL_INLINE_LAMBDA { return 1 / (1 + x); });
  else
    go_back([](auto x) SEQPOOL_INLINE_LAMBDA { return 1 / ((1 + x) * (1 + detail::log_one_plus(x))); });
}

}  // namespace seqpool::inline SEQPOOL_ABI
