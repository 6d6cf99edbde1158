// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/bytes.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/head/linear.hpp>
#include <seqpool/pooling/positional_attention.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

namespace seqpool::inline SEQPOOL_ABI {

/// An attention probe, made from its saved parameters: y = sum_k sum_t a_kt (V_k x_t + b_k), a_k = softmax over a row's
/// real tokens of query_k · x_t + w_k * t.
///
///     const seqpool::AttentionProbe probe{q_weight, position_weight, v_weight, v_bias};
///     const seqpool::Classifier classifier{probe.pooling(), probe.head()};
///
/// The value projection is linear and the weights a_k sum up to 1, so tokens are pooled first and only one vector per
/// row is projected. In a probe with an MLP, `v.weight` has hidden_dim outputs per head: add
/// `Activate{Activation::relu}` and a `Linear` of `o.weight` and `o.bias`.
///
/// **Shapes**: query (`q.weight`) `[heads, hidden]`, position_weight `[heads]`, value (`v.weight`)
/// `[heads * out, hidden]` and bias (`v.bias`) `[heads * out]`, both head by head.
/// **Errors**: `std::invalid_argument` for sizes that do not fit each other, and those of `PositionalAttention`.
/// **Numerics**: `PositionalAttention`'s and `Linear`'s; the biases of the heads are added up one after another.
/// **Source**: EleutherAI/attention-probes, with softmax weights, without its option of tanh instead. A row without
/// real tokens gives the sum of the biases; theirs attends to padding.
template <class T> class AttentionProbe {
  static_assert(Scalar<T>,
                "seqpool: AttentionProbe{query, position_weight, value, bias} takes parameters of float, double, "
                "Eigen::half or Eigen::bfloat16; convert others first, for example with query.cast<float>().");
  using A = accumulator_t<detail::lawful_t<T>>;

 public:
  /// Copies the parameters: query and value are each an Eigen tensor of rank 2 or an Eigen matrix; position_weight and
  /// bias are each an Eigen tensor of rank 1, an Eigen vector or a contiguous range.
  template <class Q, class W, class V, class B>
  AttentionProbe(const Q& query, const W& position_weight, const V& value, const B& bias);

  /// `[batch, heads * hidden]`.
  [[nodiscard]] const PositionalAttention<T>& pooling() const noexcept { return pooling_; }

  /// From there to `[batch, out]`, a `Head`.
  [[nodiscard]] const Linear<A>& head() const noexcept { return head_; }

  /// The gradients of its parameters, by their saved names, from those of `pooling()` and `head()`.
  ///
  ///     const auto all = seqpool::gradient(classifier, x, mask, loss).parameters;
  ///     const auto own = probe.gradient(all.part("pooling"), all.part("head.0"));  // own["v.weight"]
  [[nodiscard]] ParameterVector gradient(const ParameterVector& of_pooling, const ParameterVector& of_head) const;
  void set_parameters(std::span<const double> numbers);

  /// By their saved names: "q.weight", "position_weight", "v.weight", "v.bias".
  void visit_parameters(auto f) const {
    seqpool::visit_parameters(pooling_, [&](std::string_view name, auto numbers, auto shape, bool penalised) {
      f(name == "query" ? std::string_view("q.weight") : name, numbers, shape, penalised);
    });
    seqpool::visit_parameter(f, "v.weight", value_.values, {value_.rows, value_.columns}, true);
    seqpool::visit_parameter(f, "v.bias", bias_, {value_.rows}, false);
  }

 private:
  // Whether these are a value and its bias; if not, a compile error with a message.
  template <class V, class B> static consteval bool are_values();
  Linear<A> head_of() const;

  PositionalAttention<T> pooling_;
  detail::Numbers<A> value_;         // [heads * out, hidden]
  detail::AlignedVector<A> bias_{};  // [heads * out]
  Linear<A> head_{Eigen::Tensor<A, 2>()};
};

template <class Q, class W, class V, class B>
AttentionProbe(const Q&, const W&, const V&, const B&) -> AttentionProbe<detail::guide_element_t<Q>>;

// ---------------------------------------------------------------------------------------------------------------------

template <class T>
template <class Q, class W, class V, class B>
AttentionProbe<T>::AttentionProbe(const Q& query, const W& position_weight, const V& value, const B& bias)
    : pooling_(query, position_weight) {
  if constexpr (are_values<V, B>()) {
    value_ = detail::widened_matrix(value, "value");
    bias_ = detail::widened(bias);
    head_ = head_of();
  }
}

template <class T> template <class V, class B> consteval bool AttentionProbe<T>::are_values() {
  constexpr bool lawful = detail::MatrixOf<V, T> && detail::VectorOf<B, T>;
  static_assert(
      lawful || !Scalar<T>,
      "seqpool: AttentionProbe{query, position_weight, value, bias} takes the value [heads * out, hidden], an "
      "Eigen tensor of rank 2 or an Eigen matrix, and the bias [heads * out], an Eigen tensor of rank 1, an Eigen "
      "vector or a contiguous range, of the query's scalar.");
  return lawful && Scalar<T>;
}

template <class T>
ParameterVector AttentionProbe<T>::gradient(const ParameterVector& of_pooling, const ParameterVector& of_head) const {
  seqpool::check_count(pooling_, of_pooling.numbers());
  seqpool::check_count(head_, of_head.numbers());
  ParameterVector own(*this);
  detail::copy_numbers(of_pooling["query"], own["q.weight"]);
  detail::copy_numbers(of_pooling["position_weight"], own["position_weight"]);
  const Index heads = pooling_.heads(), hidden = pooling_.hidden(), out = head_.out();
  for (Index k = 0; k < heads; ++k)
    for (Index o = 0; o < out; ++o) {
      own["v.bias"][static_cast<std::size_t>(k * out + o)] = of_head["bias"][static_cast<std::size_t>(o)];
      std::copy_n(of_head["weight"].data() + (o * heads + k) * hidden, hidden,
                  own["v.weight"].data() + (k * out + o) * hidden);
    }
  return own;
}

template <class T> void AttentionProbe<T>::set_parameters(std::span<const double> numbers) {
  seqpool::check_count(*this, numbers);
  seqpool::set_part(pooling_, numbers);
  seqpool::set_numbers(value_.values, numbers);
  seqpool::set_numbers(bias_, numbers);
  head_ = head_of();
}

// out[o] = sum_k (bias[k, o] + sum_h value[k, o, h] * pooled[k, h]): one weight [out, heads * hidden].
template <class T> auto AttentionProbe<T>::head_of() const -> Linear<A> {
  const Index heads = pooling_.heads(), hidden = pooling_.hidden();
  if (value_.columns != hidden || value_.rows % heads != 0)
    detail::fail({"value is ", detail::shape({value_.rows, value_.columns}), ", but query [heads, hidden] is ",
                  detail::shape({heads, hidden}), ": value must be [heads * out, hidden]"});
  if (static_cast<Index>(bias_.size()) != value_.rows)
    detail::fail({"bias is ", detail::shape({static_cast<Index>(bias_.size())}), ", but value is ",
                  detail::shape({value_.rows, hidden}), ": bias must be [heads * out]"});
  const Index out = value_.rows / heads;
  Eigen::Tensor<A, 2, Eigen::RowMajor> weight(out, heads * hidden);
  Eigen::Tensor<A, 1> sums(out);
  sums.setZero();
  for (Index k = 0; k < heads; ++k)
    for (Index o = 0; o < out; ++o) {
      sums(o) += bias_[static_cast<std::size_t>(k * out + o)];
      for (Index h = 0; h < hidden; ++h)
        weight(o, k * hidden + h) = value_.values[static_cast<std::size_t>((k * out + o) * hidden + h)];
    }
  return Linear<A>(weight, sums);
}

}  // namespace seqpool::inline SEQPOOL_ABI
