// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/input/hidden_states.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/scalar.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

template <class X, class W> class TokenWeights;

/// Hidden states with each token multiplied by its weight: w(b, s) * x[b, s], for any pooling.
///
///     const auto idf = [&](seqpool::Index b, seqpool::Index s) { return idf_of_word[ids(b, s)]; };
///     const seqpool::WeightedStates weighted{x, idf};
///     const auto sums = seqpool::sum_pool(weighted, mask);              // [batch, hidden], sum_t w_t x_t
///     const auto totals = seqpool::sum_pool(weighted.weights(), mask);  // [batch, 2], sum_t w_t, and how many tokens
///
/// The memory of x, and whatever the function refers to, must outlive it. The function is called only for real tokens,
/// so padding needs no weight; with a device, several threads call it at once. What it throws comes out of the pooling.
/// `TokenWeightedMean` is their weighted mean, with weights from a tensor.
///
/// **Shapes**: a `Sequences` of `[batch, seq, hidden]`.
/// **Cost**: multiplies a block of 256 tokens at a time, before they are pooled.
/// **Numerics**: in `accumulator_t`, with one rounding; an `AnyPooling` of weighted half is an `AnyPooling<float>`.
template <class X, class W> class WeightedStates {
 public:
  using value_type = accumulator_t<typename X::value_type>;
  static constexpr bool has_padding = seqpool::has_padding<X>;

  /// x: any `Sequences`, which is copied, or an Eigen tensor of rank 3, which is viewed; w: a function of the sequence
  /// and the token, or anything that is called like one.
  template <class Y> WeightedStates(Y&& x, W w) : x_(std::forward<Y>(x)), weight_(std::move(w)) {
    constexpr bool lawful = !detail::EigenTensor<W> && requires(Index i) {
      { weight_(i, i) } -> std::convertible_to<value_type>;
    };
    static_assert(lawful,
                  "seqpool: WeightedStates{x, w} takes a function w(b, s), the weight of token s of sequence b. Of a "
                  "tensor [batch, seq] write [&](seqpool::Index b, seqpool::Index s) { return weights(b, s); }.");
  }

  [[nodiscard]] Index batch() const { return x_.batch(); }
  [[nodiscard]] Index seq() const { return x_.seq(); }
  [[nodiscard]] Index seq(Index b) const { return x_.seq(b); }
  [[nodiscard]] Index hidden() const { return x_.hidden(); }

  /// The states that are weighted.
  [[nodiscard]] const X& states() const noexcept { return x_; }
  /// Only the weights, [w, 1] for each token. They refer to this object, which must outlive them.
  [[nodiscard]] TokenWeights<X, W> weights() const& { return TokenWeights<X, W>(*this); }
  void weights() && = delete;

  /// Writes the tokens `run` of sequence b to out, `[run, hidden]`.
  void copy(Index b, Run run, value_type* out) const;

 private:
  friend class TokenWeights<X, W>;

  X x_;
  W weight_;
};

template <class X, class W>
WeightedStates(const X&, W)
    -> WeightedStates<typename std::conditional_t<Sequences<X>, std::type_identity<X>,
                                                  std::type_identity<HiddenStates<detail::guide_element_t<X>>>>::type,
                      W>;

/// The weights of `WeightedStates`, as hidden states of two features: w(b, s) and 1.
///
/// **Shapes**: a `Sequences` of `[batch, seq, 2]`.
template <class X, class W> class TokenWeights {
 public:
  using value_type = typename WeightedStates<X, W>::value_type;
  static constexpr bool has_padding = seqpool::has_padding<X>;

  explicit TokenWeights(const WeightedStates<X, W>& of) : of_(of) {}

  [[nodiscard]] Index batch() const { return of_.batch(); }
  [[nodiscard]] Index seq() const { return of_.seq(); }
  [[nodiscard]] Index seq(Index b) const { return of_.seq(b); }
  [[nodiscard]] Index hidden() const { return 2; }

  /// Writes the tokens `run` of sequence b to out, `[run, 2]`.
  void copy(Index b, Run run, value_type* out) const {
    for (Index s = run.begin; s < run.end; ++s) {
      *out++ = static_cast<value_type>(of_.weight_(b, s));
      *out++ = 1;
    }
  }

 private:
  const WeightedStates<X, W>& of_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class X, class W> void WeightedStates<X, W>::copy(Index b, Run run, value_type* out) const {
  using T = typename X::value_type;
  if constexpr (requires { x_.token(b, run.begin); }) {
    for (Index s = run.begin; s < run.end; ++s) {
      const T* const token = x_.token(b, s);
      const value_type w = static_cast<value_type>(weight_(b, s));
      for (Index h = 0; h < hidden(); ++h) *out++ = w * widen(token[h * x_.hidden_stride()]);
    }
  } else {
    std::vector<T> computed(static_cast<std::size_t>(detail::product(run.end - run.begin, hidden(), "tokens")));
    x_.copy(b, run, computed.data());
    const T* next = computed.data();
    for (Index s = run.begin; s < run.end; ++s) {
      const value_type w = static_cast<value_type>(weight_(b, s));
      for (Index h = 0; h < hidden(); ++h) *out++ = w * widen(*next++);
    }
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
