// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/pooling/detail/score_network.hpp>
#include <seqpool/pooling/softmax_pooling.hpp>

namespace seqpool::inline SEQPOOL_ABI {

/// Structured self-attention: out_k = sum_t a_kt x_t for each of r rows, a_k = softmax of (W2 tanh(W1 x_t))_k over a
/// row's real tokens.
///
///     seqpool::pool(seqpool::SelfAttentive{weight1, weight2}, x, mask);  // [batch, r * hidden]
///
/// `AdditiveAttention` is the same with r = 1 and a bias.
///
/// **Shapes**: weight1 `[attention, hidden]`, weight2 `[r, attention]`, as torch.nn.Linear stores them; tokens
/// `[n, hidden]` to `[r * hidden]`, row by row.
/// **Errors**: `std::invalid_argument` for weights that do not fit each other, for r = 0, and for hidden states whose
/// hidden is not weight1's.
/// **Cost**: O(n * (attention + r) * hidden); the constructor copies the weights.
/// **Numerics**: `AdditiveAttention`'s, with a row of weight2 for v and b = 0.
/// **Source**: A Structured Self-attentive Sentence Embedding (Lin et al. 2017), W_s1 and W_s2.
template <class T>
class SelfAttentive : public SoftmaxPooling<detail::ScoreNetwork<accumulator_t<detail::lawful_t<T>>>> {
  static_assert(Scalar<T>,
                "seqpool: SelfAttentive{weight1, weight2} takes weights of float, double, Eigen::half or "
                "Eigen::bfloat16; convert others first, for example with weight1.cast<float>().");
  using Network = detail::ScoreNetwork<accumulator_t<detail::lawful_t<T>>>;

 public:
  template <Scalar U> using State = detail::NetworkState<U>;

  /// Copies the weights: each an Eigen tensor of rank 2 or an Eigen matrix.
  template <class W1, class W2>
  SelfAttentive(const W1& weight1, const W2& weight2) : SoftmaxPooling<Network>(network_of(weight1, weight2)) {}

 private:
  template <class W1, class W2> static Network network_of(const W1& weight1, const W2& weight2);
};

template <class W1, class W2> SelfAttentive(const W1&, const W2&) -> SelfAttentive<detail::guide_element_t<W1>>;

// ---------------------------------------------------------------------------------------------------------------------

template <class T>
template <class W1, class W2>
auto SelfAttentive<T>::network_of(const W1& weight1, const W2& weight2) -> Network {
  constexpr detail::NetworkNames names{"self_attentive", "weight1", "weight2"};
  constexpr bool lawful = detail::MatrixOf<W1, T> && detail::MatrixOf<W2, T>;
  static_assert(lawful || !Scalar<T>,
                "seqpool: SelfAttentive{weight1, weight2} takes the weights [attention, hidden] and [r, attention], an "
                "Eigen tensor of rank 2 or an Eigen matrix each, both of one scalar.");
  if constexpr (lawful && Scalar<T>) {
    const auto first = detail::widened_matrix(weight1, "weight1");
    const auto second = detail::widened_matrix(weight2, "weight2");
    if (second.columns != first.rows || second.rows == 0)
      detail::fail({"weight2 is ", detail::shape({second.rows, second.columns}),
                    ", but weight1 [attention, hidden] is ", detail::shape({first.rows, first.columns}),
                    ": weight2 must be [r, attention], with at least one row"});
    return {names, first, {}, second};
  } else {
    return Network(names);
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
