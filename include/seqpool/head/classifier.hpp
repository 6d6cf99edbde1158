// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/head/detail/classes.hpp>
#include <seqpool/head/embedder.hpp>

#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// A pooling and the heads that follow it: hidden states `[batch, seq, hidden]` to logits, probabilities, classes. The
/// last head gives a logit for each class.
///
///     const seqpool::Classifier classifier{seqpool::Mean{}, seqpool::Linear{weight, bias}};
///     const auto classes = classifier.predict(x, mask);  // [batch]
///
/// x, mask and device are those of `pool`. Every result has the layout of x. A row's results do not depend on the
/// batch. A const Classifier serves many threads.
template <class P, class... H> class Classifier {
 public:
  explicit Classifier(P pooling, H... heads) : embedder_(std::move(pooling), std::move(heads)...) {
    static_assert(sizeof...(H) > 0,
                  "seqpool: Classifier{pooling, heads...} takes a head behind the pooling that gives the logits: "
                  "seqpool::Linear{weight, bias}. For the vectors alone take seqpool::Embedder{pooling}.");
  }

  [[nodiscard]] const P& pooling() const noexcept { return embedder_.pooling(); }
  [[nodiscard]] const Sequential<H...>& heads() const noexcept { return embedder_.heads(); }

  /// map(heads, pool(pooling, x, mask, device), device).
  ///
  /// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, classes]`.
  /// **Empty**: a row with no real token is pooled to zeros, so the logits of a `Linear` are its bias.
  /// **Errors**: those of `Embedder::embed`.
  /// **Cost**: that of `Embedder::embed`.
  template <class X, class M = AllTokens, class D = CallingThread>
  [[nodiscard]] auto logits(const X& x, const M& mask = {}, const D& device = {}) const {
    return embedder_.embed(x, mask, device);
  }

  /// softmax(logits), or with a single class sigmoid(logit): the probability that it applies. For classes that do not
  /// exclude each other take `sigmoid(classifier.logits(x))`.
  ///
  /// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, classes]`.
  /// **Cost**: that of `logits`; allocates one more result.
  template <class X, class M = AllTokens, class D = CallingThread>
  [[nodiscard]] auto probabilities(const X& x, const M& mask = {}, const D& device = {}) const {
    return detail::probabilities_of(logits(x, mask, device));
  }

  /// argmax(logits), the most probable class; with a single class, 1 if its logit is over 0 (a probability over 1/2),
  /// else 0.
  ///
  /// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch]` of `Index`.
  /// **Errors**: those of `logits`, and of `argmax` for no classes.
  /// **Cost**: that of `logits`; allocates one more result.
  /// **Numerics**: a NaN logit counts as larger than any number, but for a single class as not over 0. So a row of NaN,
  /// which a NaN in a real token makes, silently becomes class 0. Where that can happen, look at `logits` too.
  template <class X, class M = AllTokens, class D = CallingThread>
  [[nodiscard]] auto predict(const X& x, const M& mask = {}, const D& device = {}) const {
    return detail::classes_of(logits(x, mask, device));
  }

  void set_parameters(std::span<const double> numbers) { embedder_.set_parameters(numbers); }

  /// The parameters of pooling and heads: "pooling.query", "head.0.weight".
  void visit_parameters(auto f) const { embedder_.visit_parameters(f); }

 private:
  Embedder<P, H...> embedder_;
};

}  // namespace seqpool::inline SEQPOOL_ABI
