// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/dot.hpp>
#include <seqpool/detail/matrix.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/fold/pooling.hpp>

#include <cstddef>

namespace seqpool::inline SEQPOOL_ABI {

/// The mean over a row's real tokens with a weight for each: out[h] = (sum_t w_t x_t[h]) / (sum_t w_t).
///
///     seqpool::pool(seqpool::TokenWeightedMean{weights}, x, mask);  // weights [batch, seq], of idf or of attention
///
/// **Shapes**: weights `[batch, seq]`, not read for padded tokens; tokens `[n, hidden]` to `[hidden]`.
/// **Empty**: weights that add up to 0 give zeros.
/// **Errors**: `std::invalid_argument` if weights are not `[batch, seq]` of the hidden states.
/// **Cost**: the constructor copies the weights.
/// **Numerics**: in `accumulator_t`; for weights of 0 or more, |error| <= (2 * (min(n, 256) + n / 256) + 4) * eps *
/// (sum_t w_t |x_t[h]|) / (sum_t w_t), if those sums are finite and, unless 0, normal there.
/// **Source**: sentence-transformers' token weights ("token_weights_sum").
template <class T> class TokenWeightedMean {
  static_assert(Scalar<T>,
                "seqpool: TokenWeightedMean{weights} takes weights of float, double, Eigen::half or Eigen::bfloat16; "
                "convert others first, for example with cast<float>() into an Eigen::Tensor<float, 2>.");
  using A = accumulator_t<detail::lawful_t<T>>;

 public:
  template <Scalar U> struct State {
    Accumulators<accumulator_t<U>> weighted;  // [hidden], sum_t w_t x_t
    accumulator_t<U> weight = 0;              // sum_t w_t

    void visit(auto f) { f(weighted), f(weight); }
  };

  /// Copies the weights: an Eigen tensor or map of rank 2, in either layout, `[batch, seq]`.
  template <class W> explicit TokenWeightedMean(const W& weights);

  [[nodiscard]] std::string name() const { return "token_weighted_mean"; }
  void visit_parameters(auto f) const {
    seqpool::visit_parameter(f, "weights", weights_.values, {weights_.rows, weights_.columns}, false);
  }
  [[nodiscard]] Index width(Index hidden) const noexcept { return hidden; }
  void check(Index batch, Index seq) const;

  template <Scalar U> void init(State<U>& state, Index hidden) const {
    state.weighted.assign(static_cast<std::size_t>(hidden), 0);
    state.weight = 0;
  }

  template <Scalar U>
    requires std::same_as<accumulator_t<U>, A>
  void fold(State<U>& state, const TokenBlock<U>& tokens) const {
    const A* const weights = weights_.values.data() + tokens.sequence() * weights_.columns;
    seqpool::fold_features(
        tokens,
        [&](Index i) {
          const A weight = weights[tokens.position(i)];
          state.weight += weight;
          return weight;
        },
        [](A x, A weight, A& weighted) { weighted += weight * x; }, state.weighted.data());
  }

  template <Scalar U> void merge(State<U>& state, const State<U>& next) const {
    as_array(state.weighted) += as_array(next.weighted);
    state.weight += next.weight;
  }

  template <Scalar U> void finish(const State<U>& state, auto out) const {
    if (state.weight == 0)
      as_array(out).setZero();
    else
      as_array(out) = as_array(state.weighted) / state.weight;
  }

  // d x_t = w_t g / S and d w_t = g·(x_t - out) / S, where S = sum_t w_t; 0 if S is.
  template <Scalar U>
  void backward(const State<U>& state, const TokenBlock<U>& tokens, const Gradients<A>& gradients) const
    requires std::same_as<accumulator_t<U>, A>;

  void set_parameters(std::span<const double> numbers) { seqpool::set_numbers(weights_.values, numbers); }

 private:
  detail::Numbers<A> weights_;  // [batch, seq]
};

template <class W> explicit TokenWeightedMean(const W&) -> TokenWeightedMean<detail::guide_element_t<W>>;

// ---------------------------------------------------------------------------------------------------------------------

template <class T> template <class W> TokenWeightedMean<T>::TokenWeightedMean(const W& weights) {
  static_assert(
      detail::EigenTensorOfRank<W, 2>,
      "seqpool: TokenWeightedMean{weights} takes the weights [batch, seq], one for each token: an Eigen::Tensor or "
      "Eigen::TensorMap of rank 2.");
  if constexpr (detail::EigenTensorOfRank<W, 2> && Scalar<T>) {
    constexpr bool of_t = std::same_as<detail::element_t<W>, T>;
    static_assert(of_t, "seqpool: TokenWeightedMean<T>{weights} takes weights of T.");
    if constexpr (of_t) weights_ = detail::widened_matrix(weights, "weights");
  }
}

template <class T>
template <Scalar U>
void TokenWeightedMean<T>::backward(const State<U>& state, const TokenBlock<U>& tokens,
                                    const Gradients<A>& gradients) const
  requires std::same_as<accumulator_t<U>, A>
{
  const A inverse = state.weight == 0 ? A(0) : 1 / state.weight;
  const Index first = tokens.sequence() * weights_.columns;
  gradients.spread_numbers(
      tokens, gradients.d_out.data(),
      [&](Index i) { return weights_.values[static_cast<std::size_t>(first + tokens.position(i))] * inverse; },
      [](A g, A share) { return share * g; });
  if (!gradients.own.empty())
    for (Index i = 0; i < tokens.size(); ++i)
      gradients.own[static_cast<std::size_t>(first + tokens.position(i))] +=
          inverse * detail::dots_from(gradients.d_out.data(), gradients.out.data(), tokens.hidden(), 0, tokens[i])[0];
}

template <class T> void TokenWeightedMean<T>::check(Index batch, Index seq) const {
  if (weights_.rows != batch || weights_.columns != seq)
    detail::fail({"weights are ", detail::shape({weights_.rows, weights_.columns}),
                  ", but hidden states have [batch, seq] = ", detail::shape({batch, seq})});
}

}  // namespace seqpool::inline SEQPOOL_ABI
