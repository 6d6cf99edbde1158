// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_HEAD_CLASSIFIER_HPP
#define SEQPOOL_HEAD_CLASSIFIER_HPP

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/driver/argument_checks.hpp>
#include <seqpool/driver/arguments.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/head/activation.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/pool.hpp>
#include <seqpool/scalar.hpp>

#include <concepts>
#include <string>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// What maps pooled vectors `[batch, features]` to logits `[batch, classes]`, row by row, by a const call
/// `head(pooled)`: `Linear`, or a user's own.
template <class H>
concept Head = requires(const H& head) {
  { head.classes() } -> std::convertible_to<Index>;
  { head.features() } -> std::convertible_to<Index>;
};

/// A pooling and a head in one: hidden states `[batch, seq, hidden]` to logits, probabilities, classes.
///
///     const seqpool::Classifier classifier{seqpool::Mean{}, seqpool::Linear{weight, bias}};
///     const auto classes = classifier.predict(x, mask);  // [batch]
///
/// x, mask and device are those of `pool`. Every result has the layout of x. A row's results do not depend on the
/// batch. A const Classifier serves many threads.
template <class P, class H>
class Classifier {
  static_assert(SomePooling<P>,
                "seqpool: Classifier{pooling, head} takes a seqpool::Pooling first: Cls{}, Last{}, Mean{}, Max{}, "
                "Attention{query}, or your own.");
  static_assert(Head<H> || !SomePooling<P>,
                "seqpool: Classifier{pooling, head} takes a head second: seqpool::Linear{weight, bias}, or your own "
                "with classes(), features() and a const call of head(pooled [batch, features]).");

 public:
  Classifier(P pooling, H head) : pooling_(std::move(pooling)), head_(std::move(head)) {}

  [[nodiscard]] const P& pooling() const noexcept { return pooling_; }
  [[nodiscard]] const H& head() const noexcept { return head_; }

  /// head(pool(pooling, x, mask, device)).
  ///
  /// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, classes]`.
  /// **Empty**: a row with no real token is pooled to zeros, so its logits are the bias.
  /// **Errors**: those of `pool` and of the head: `std::invalid_argument` if the pooling's width is not the head's
  /// features.
  /// **Cost**: `pool`'s and the head's; allocates the pooled vectors and the result.
  template <class X, class M = AllTokens, class D = CallingThread>
  [[nodiscard]] auto logits(const X& x, const M& mask = {}, const D& device = {}) const;

  /// softmax(logits), or with a single class sigmoid(logit), the probability that it applies. For classes that do not
  /// exclude each other take `sigmoid(classifier.logits(x))`.
  ///
  /// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, classes]`.
  /// **Cost**: that of `logits`; allocates one more result.
  template <class X, class M = AllTokens, class D = CallingThread>
  [[nodiscard]] auto probabilities(const X& x, const M& mask = {}, const D& device = {}) const {
    const auto scores = logits(x, mask, device);
    return head_.classes() == 1 ? seqpool::sigmoid(scores) : seqpool::softmax(scores);
  }

  /// argmax(logits), the most probable class; with a single class 1 where its probability is over 1/2, else 0.
  ///
  /// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch]` of `Index`.
  /// **Errors**: those of `logits`, and of `argmax` for no classes.
  /// **Cost**: that of `logits`; allocates one more result.
  template <class X, class M = AllTokens, class D = CallingThread>
  [[nodiscard]] auto predict(const X& x, const M& mask = {}, const D& device = {}) const {
    const auto scores = logits(x, mask, device);
    auto classes = seqpool::argmax(scores);
    if (head_.classes() == 1)
      for (Index b = 0; b < static_cast<Index>(classes.size()); ++b) classes.data()[b] = scores.data()[b] > 0 ? 1 : 0;
    return classes;
  }

 private:
  P pooling_;
  H head_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class P, class H>
template <class X, class M, class D>
auto Classifier<P, H>::logits([[maybe_unused]] const X& x, [[maybe_unused]] const M& mask,
                              [[maybe_unused]] const D& device) const {
  if constexpr (Head<H> && detail::are_arguments<P, X, M, D>()) {
    const Index width = static_cast<Index>(pooling_.width(detail::sequences_of(x).hidden()));
    if (width != head_.features())
      detail::fail("pooling gives [batch, width] with width " + std::to_string(width) +
                   ", but the head takes features " + std::to_string(head_.features()) +
                   ": its weight must be [classes, width]");
    return head_(seqpool::pool(pooling_, x, mask, device));
  } else {
    return detail::make_result<X, float>(Index{0}, Index{0});  // so that no other error follows
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI

#endif
