// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/matrix.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/head/linear.hpp>
#include <seqpool/pooling/positional_attention.hpp>
#include <seqpool/scalar.hpp>

#include <concepts>
#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// An attention probe, of its parameters as they are saved: y = sum_k sum_t a_kt (V_k x_t + b_k),
/// a_k = softmax over a row's real tokens of query_k · x_t + w_k * t.
///
///     const seqpool::AttentionProbe probe{q_weight, position_weight, v_weight, v_bias};
///     const seqpool::Classifier classifier{probe.pooling(), probe.head()};
///
/// A value's projection is linear and the weights a_k sum up to 1, so that tokens are pooled first, and one vector a
/// row is projected. Of a probe with an MLP behind it `v.weight` has hidden_dim outputs a head; add
/// `Activate{Activation::relu}` and a `Linear` of `o.weight` and `o.bias`.
///
/// **Shapes**: query (`q.weight`) `[heads, hidden]`, position_weight `[heads]`, value (`v.weight`) `[heads * out,
/// hidden]` and bias (`v.bias`) `[heads * out]`, both head by head.
/// **Errors**: `std::invalid_argument` for sizes that do not fit each other, and those of `PositionalAttention`.
/// **Numerics**: `PositionalAttention`'s and `Linear`'s; the biases of the heads are added up one after the other.
/// **Source**: EleutherAI/attention-probes, with the softmax; its option to weigh by tanh instead is not here. A row
/// without real tokens is the sum of the biases, where theirs attends to padding.
template <class T> class AttentionProbe {
  static_assert(Scalar<T>,
                "seqpool: AttentionProbe{query, position_weight, value, bias} takes parameters of float, double, "
                "Eigen::half or Eigen::bfloat16; convert others first, for example with query.cast<float>().");
  using A = accumulator_t<detail::lawful_t<T>>;

 public:
  /// Copies the parameters: query and value, an Eigen tensor of rank 2 or an Eigen matrix each; position_weight and
  /// bias, an Eigen tensor of rank 1, an Eigen vector or a contiguous range each.
  template <class Q, class W, class V, class B>
  AttentionProbe(const Q& query, const W& position_weight, const V& value, const B& bias);

  /// `[batch, heads * hidden]`.
  [[nodiscard]] const PositionalAttention<T>& pooling() const noexcept { return pooling_; }

  /// From there to `[batch, out]`, a `Head`.
  [[nodiscard]] const Linear<A>& head() const noexcept { return head_; }

 private:
  template <class V, class B>
  static Linear<A> head_of(const PositionalAttention<T>& pooling, const V& value, const B& bias);

  PositionalAttention<T> pooling_;
  Linear<A> head_;
};

template <class Q, class W, class V, class B>
AttentionProbe(const Q&, const W&, const V&, const B&) -> AttentionProbe<detail::guide_element_t<Q>>;

// ---------------------------------------------------------------------------------------------------------------------

template <class T>
template <class Q, class W, class V, class B>
AttentionProbe<T>::AttentionProbe(const Q& query, const W& position_weight, const V& value, const B& bias)
    : pooling_(query, position_weight), head_(head_of(pooling_, value, bias)) {}

// out[o] = sum_k (bias[k, o] + sum_h value[k, o, h] * pooled[k, h]): one weight [out, heads * hidden].
template <class T>
template <class V, class B>
auto AttentionProbe<T>::head_of(const PositionalAttention<T>& pooling, const V& value, const B& bias) -> Linear<A> {
  using Weight = Eigen::Tensor<A, 2, Eigen::RowMajor>;
  constexpr bool lawful = detail::MatrixOf<V, T> && detail::VectorOf<B, T>;
  static_assert(
      lawful || !Scalar<T>,
      "seqpool: AttentionProbe{query, position_weight, value, bias} takes the value [heads * out, hidden], an "
      "Eigen tensor of rank 2 or an Eigen matrix, and the bias [heads * out], an Eigen tensor of rank 1, an Eigen "
      "vector or a contiguous range, of the query's scalar.");
  if constexpr (lawful && Scalar<T>) {
    const auto numbers = detail::widened_matrix(value, "value");
    const auto biases = detail::widened(bias);
    const Index heads = pooling.heads(), hidden = pooling.hidden();
    if (numbers.columns != hidden || numbers.rows % heads != 0)
      detail::fail("value is " + detail::shape({numbers.rows, numbers.columns}) + ", but query [heads, hidden] is " +
                   detail::shape({heads, hidden}) + ": value must be [heads * out, hidden]");
    if (static_cast<Index>(biases.size()) != numbers.rows)
      detail::fail("bias is " + detail::shape({static_cast<Index>(biases.size())}) + ", but value is " +
                   detail::shape({numbers.rows, hidden}) + ": bias must be [heads * out]");
    const Index out = numbers.rows / heads;
    Weight weight(out, heads * hidden);
    Eigen::Tensor<A, 1> sums(out);
    sums.setZero();
    for (Index k = 0; k < heads; ++k)
      for (Index o = 0; o < out; ++o) {
        sums(o) += biases[static_cast<std::size_t>(k * out + o)];
        for (Index h = 0; h < hidden; ++h) weight(o, k * hidden + h) = numbers(k * out + o, h);
      }
    return Linear<A>(weight, sums);
  } else {
    return Linear<A>(Weight(0, 0));
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
