// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/compiler.hpp>
#include <seqpool/detail/exponential.hpp>
#include <seqpool/detail/spread_pass.hpp>
#include <seqpool/fold/token_block.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

template <Scalar T> class SoftmaxGradient;

/// A row on its way back: what a pooling's `backward` gets beside the state and the tokens, and where the gradients
/// that it finds go.
///
///     struct SquareMean : seqpool::FeaturePooling<SquareMean> {
///       static constexpr auto feature_op = [](auto sum, auto x) { return sum + x * x; };
///       static constexpr auto merge_op = std::plus<>();
///
///       void finish(const auto& state, auto out) const {
///         state.write(out, [n = state.divisor()](auto sum) { return sum / n; });
///       }
///       void backward(const auto& state, const auto& tokens, const auto& gradients) const {
///         gradients.spread(tokens, [n = state.divisor()](auto x, auto d_out) { return 2 * x * d_out / n; });
///       }
///     };
///
/// A pooling that learns adds to `own`, if that is not empty: there is a number for each of its parameters' numbers, in
/// the order of its `visit_parameters`.
template <std::floating_point A> class Gradients {
 public:
  std::span<const A> out;    ///< `[width]`, the row's result
  std::span<const A> d_out;  ///< `[width]`, d loss / d out
  std::span<A> left;         ///< `[width]`, what of d_out no token of the row has taken yet
  std::span<A> own;          ///< d loss / d parameters, to be added to; empty if nobody asks for them

  /// Whether anybody asks for the gradients of tokens.
  [[nodiscard]] bool of_tokens() const noexcept { return data_ != nullptr; }

  /// d loss / d x_i[h] = op(x_i[h], each(i), acc_0[h], acc_1[h], ...) for every feature h of every token i, in order;
  /// nothing if nobody asks. It is the way back of `fold_features`: op may change what it gets by reference. Each token
  /// that `backward` gets is spread once; more is added by `adding()`.
  template <Scalar T, class Each, class Op, class... B>
  void spread(const TokenBlock<T>& tokens, Each each, Op op, B*... acc) const;

  /// The same of d_out alone: op(x_i[h], d_out[h]), for a width of hidden.
  template <Scalar T, class Op> void spread(const TokenBlock<T>& tokens, Op op) const {
    spread(
        tokens, [](Index) { return nullptr; },
        [op](A x, std::nullptr_t, A g) SEQPOOL_INLINE_LAMBDA { return op(x, g); }, d_out.data());
  }

  /// The same without the tokens, which are not read: op(numbers[h], each(i), acc_0[h], ...). numbers: `[hidden]`.
  template <Scalar T, class Each, class Op, class... B>
  void spread_numbers(const TokenBlock<T>& tokens, const A* numbers, Each each, Op op, B*... acc) const;

  /// d_out[h] / n for every token: what poolings that add tokens up go back by. It takes `scratch`.
  template <Scalar T> void spread_share(const TokenBlock<T>& tokens, A n) const;

  /// The same for poolings that choose a token: slope(x, d_out[h]) for the first token with is_it(x, held[h]), and 0
  /// for all others.
  template <Scalar T, class IsIt, class Slope>
  void spread_to_first(const TokenBlock<T>& tokens, const A* held, IsIt is_it, Slope slope) const {
    spread(
        tokens, [](Index) { return nullptr; },
        [is_it, slope](A x, std::nullptr_t, A& g, A value) SEQPOOL_INLINE_LAMBDA {
          const bool is_first = is_it(x, value);
          const A taken = detail::either(is_first, slope(x, g), A(0));
          g = detail::either(is_first, A(0), g);
          return taken;
        },
        left.data(), held);
  }

  /// The same of gradients that are known, `[n, hidden]`, those of each token.
  template <Scalar T> void spread_rows(const TokenBlock<T>& tokens, const A* rows) const {
    for (Index i = 0; i < tokens.size(); ++i)
      spread(
          tokens.part(i, 1), [](Index) { return nullptr; },
          [](A, std::nullptr_t, A d) SEQPOOL_INLINE_LAMBDA { return d; }, rows + i * tokens.hidden());
  }

  /// The same row, but what is spread is added to what the token has already.
  [[nodiscard]] Gradients adding(bool adds = true) const noexcept {
    Gradients other(*this);
    other.adds_ = adds_ || adds;
    return other;
  }

  /// Takes features `width` of the result, and `count` parameters, away from the front: the part of one pooling of
  /// several.
  [[nodiscard]] Gradients take(std::size_t width, std::size_t count);

  /// Room for n numbers of unknown value, until the next call.
  [[nodiscard]] A* scratch(Index n) const { return scratch_->of(n); }

 private:
  template <class, class, class> friend class detail::RowGradient;
  template <Scalar T> friend class SoftmaxGradient;

  void spread_from(const auto& tokens, const auto& x, auto each, auto op, auto*... acc) const;
  A* token(const auto& tokens, Index i) const noexcept {
    return data_ + (by_number_ ? tokens.number(i) - first_number_ : tokens.position(i)) * stride_;
  }

  A* data_ = nullptr;
  Index stride_ = 0;
  bool by_number_ = false;  // tokens lie side by side, the first of them that of first_number_; else where they stand
  Index first_number_ = 0;
  bool adds_ = false;
  detail::Scratch<A>* scratch_ = nullptr;  // two: a pooling's, and behind it its scorer's
};

// ---------------------------------------------------------------------------------------------------------------------

template <std::floating_point A>
template <Scalar T, class Each, class Op, class... B>
void Gradients<A>::spread(const TokenBlock<T>& tokens, Each each, Op op, B*... acc) const {
  spread_from(tokens, tokens, each, op, acc...);
}

template <std::floating_point A>
template <Scalar T, class Each, class Op, class... B>
void Gradients<A>::spread_numbers(const TokenBlock<T>& tokens, const A* numbers, Each each, Op op, B*... acc) const {
  spread_from(tokens, TokenBlock<A>(numbers, tokens.size(), tokens.hidden(), 0), each, op, acc...);
}

template <std::floating_point A>
template <Scalar T>
void Gradients<A>::spread_share(const TokenBlock<T>& tokens, A n) const {
  if (!of_tokens()) return;
  A* const share = scratch(static_cast<Index>(d_out.size()));
  for (std::size_t h = 0; h < d_out.size(); ++h) share[h] = d_out[h] / n;
  for (Index i = 0; i < tokens.size(); ++i) {
    A* const target = token(tokens, i);
    if (adds_)
      for (Index h = 0; h < tokens.hidden(); ++h) target[h] += share[h];
    else
      std::copy_n(share, tokens.hidden(), target);
  }
}

// x: what op gets features of, in the tokens' place.
template <std::floating_point A>
void Gradients<A>::spread_from(const auto& tokens, const auto& x, auto each, auto op, auto*... acc) const {
  if (!of_tokens()) return;
  const auto target = [&](Index i) { return token(tokens, i); };
  detail::spread_features(x, target, adds_, each, op, acc...);
}

template <std::floating_point A> Gradients<A> Gradients<A>::take(std::size_t width, std::size_t count) {
  Gradients part(*this);
  part.out = out.first(width);
  part.d_out = d_out.first(width);
  part.left = left.first(width);
  part.own = own.first(own.empty() ? 0 : count);
  out = out.subspan(width);
  d_out = d_out.subspan(width);
  left = left.subspan(width);
  own = own.subspan(part.own.size());
  return part;
}

}  // namespace seqpool::inline SEQPOOL_ABI
