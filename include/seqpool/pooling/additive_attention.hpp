// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/vector.hpp>
#include <seqpool/pooling/detail/score_network.hpp>
#include <seqpool/pooling/softmax_pooling.hpp>

namespace seqpool::inline SEQPOOL_ABI {

/// Attention by a small network: out = sum_t a_t x_t, a = softmax of v · tanh(W x_t + b) over a row's real tokens.
///
///     const seqpool::AdditiveAttention han{weight, bias, v};
///     const auto kaggle = seqpool::AdditiveAttention{weight, bias, v}.layer_norm(norm_weight, norm_bias).gelu();
///     seqpool::pool(kaggle, x, mask);
///
/// `layer_norm` puts a `LayerNorm` between W x + b and the activation; `gelu` replaces tanh. A bias after v would add
/// the same to every score, which no softmax can see: if a checkpoint has one, leave it out.
///
/// **Shapes**: weight `[attention, hidden]`, as torch.nn.Linear stores it; bias and v `[attention]`; tokens `[n,
/// hidden]` to `[hidden]`.
/// **Errors**: `std::invalid_argument` for sizes that differ, and for hidden states whose hidden is not the weight's.
/// **Cost**: O(n * attention * hidden), a product of matrices; the constructor and each option copy the parameters.
/// **Numerics**: all in `accumulator_t`; see `SoftmaxState`. Let e_a <= (min(hidden, 256) / 2 + hidden / 512 + 4) *
/// eps * (sum_h |W[a, h] x_t[h]| + |b[a]|) be the error of W x_t + b, and k = min(attention, 256) / 2 +
/// attention / 512 + 8. A score's error is then d <= sum_a |v[a]| * (e_a + k * eps) with tanh, and d <= sum_a |v[a]| *
/// (1.2 e_a + (k + 4) * eps * max(1, |g_a|)) with gelu, where g_a is what gelu gives. `layer_norm` divides errors too:
/// let e be the largest e_a, z the normalised row, w its weight, c its bias, r = sqrt(variance + eps of the layer
/// norm), and s_a = (2 + |z_a|) * e / (r - e). Then e_a becomes |w_a| * s_a + (attention / 16 + 32) * eps * (|w_a| *
/// (1 + |z_a| + s_a) + |c_a|), in the domain of `LayerNorm` and if e < r, which need not hold if rows of W are nearly
/// alike. |error| <= (2 d + (n + 16) * eps) * max_t |x_t[h]|, in the domain of `Attention`. A NaN score makes the row
/// NaN; an infinite feature, whose tanh is 1, need not.
/// **Source**: Hierarchical Attention Networks (Yang et al. 2016), after Bahdanau et al. 2015; with the options, the
/// head of many Kaggle notebooks: Linear, LayerNorm, GELU, Linear.
template <class T>
class AdditiveAttention : public SoftmaxPooling<detail::ScoreNetwork<accumulator_t<detail::lawful_t<T>>>> {
  static_assert(Scalar<T>,
                "seqpool: AdditiveAttention{weight, bias, v} takes parameters of float, double, Eigen::half or "
                "Eigen::bfloat16; convert others first, for example with weight.cast<float>().");
  using Network = detail::ScoreNetwork<accumulator_t<detail::lawful_t<T>>>;

 public:
  /// How many softmaxes run side by side.
  static constexpr Index fixed_heads = 1;

  template <Scalar U> using State = detail::NetworkState<U>;

  /// Copies the parameters: weight, an Eigen tensor of rank 2 or an Eigen matrix; bias and v, each an Eigen tensor of
  /// rank 1, an Eigen vector or a contiguous range.
  template <class W, class B, class V>
  AdditiveAttention(const W& weight, const B& bias, const V& v)
      : SoftmaxPooling<Network>(network_of(weight, bias, v)) {}

  /// The same with layer normalisation before the activation; weight and bias `[attention]`.
  template <class W, class B>
  [[nodiscard]] AdditiveAttention layer_norm(const W& weight, const B& bias, double eps = 1e-5) const;

  /// The same with x / 2 * (1 + erf(x / sqrt(2))) in place of tanh.
  [[nodiscard]] AdditiveAttention gelu() const {
    AdditiveAttention other(*this);
    other.use_gelu();
    return other;
  }

 private:
  template <class W, class B, class V> static Network network_of(const W& weight, const B& bias, const V& v);
  // The numbers of a vector [attention], or an error that names it.
  template <class V> static auto checked(const V& vector, const char* what, Index attention, Index hidden);
};

template <class W, class B, class V>
AdditiveAttention(const W&, const B&, const V&) -> AdditiveAttention<detail::guide_element_t<W>>;

// ---------------------------------------------------------------------------------------------------------------------

template <class T>
template <class V>
auto AdditiveAttention<T>::checked(const V& vector, const char* what, Index attention, Index hidden) {
  const Index size = static_cast<Index>(detail::size_of(vector));
  if (size != attention)
    detail::fail({what, " is ", detail::shape({size}), ", but weight [attention, hidden] is ",
                  detail::shape({attention, hidden}), ": ", what, " must be [attention]"});
  return detail::widened(vector);
}

template <class T>
template <class W, class B, class V>
auto AdditiveAttention<T>::network_of(const W& weight, const B& bias, const V& v) -> Network {
  constexpr detail::NetworkNames names{"additive_attention", "weight", "v"};
  constexpr bool lawful = detail::MatrixOf<W, T> && detail::VectorOf<B, T> && detail::VectorOf<V, T>;
  static_assert(
      lawful || !Scalar<T>,
      "seqpool: AdditiveAttention{weight, bias, v} takes the weight [attention, hidden], an Eigen tensor of rank "
      "2 or an Eigen matrix, then bias and v [attention], an Eigen tensor of rank 1, an Eigen vector or a "
      "contiguous range each, all of one scalar.");
  if constexpr (lawful && Scalar<T>) {
    const auto numbers = detail::widened_matrix(weight, "weight");
    const auto biases = checked(bias, "bias", numbers.rows, numbers.columns);
    return {names, numbers, biases, {1, numbers.rows, checked(v, "v", numbers.rows, numbers.columns)}};
  } else {
    return Network(names);
  }
}

template <class T>
template <class W, class B>
AdditiveAttention<T> AdditiveAttention<T>::layer_norm(const W& weight, const B& bias, double eps) const {
  constexpr bool lawful = detail::VectorOf<W, T> && detail::VectorOf<B, T>;
  static_assert(
      lawful,
      "seqpool: layer_norm(weight, bias, eps) of an AdditiveAttention takes a weight and a bias [attention] of its "
      "scalar: an Eigen tensor of rank 1, an Eigen vector, or a contiguous range each.");
  AdditiveAttention normalized(*this);
  if constexpr (lawful)
    normalized.normalize(checked(weight, "the layer norm's weight", this->attention(), this->hidden()),
                         checked(bias, "the layer norm's bias", this->attention(), this->hidden()), eps);
  return normalized;
}

}  // namespace seqpool::inline SEQPOOL_ABI
