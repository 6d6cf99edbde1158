// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/check.hpp>
#include <seqpool/detail/matrix.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/pooling/softmax_pooling.hpp>

namespace seqpool::inline SEQPOOL_ABI {

/// The `Scorer` of `PositionalAttention`: query_k · x_t + w_k * t.
template <class T> class PositionalScorer {
  static_assert(
      Scalar<T>,
      "seqpool: PositionalAttention{query, position_weight} takes parameters of float, double, Eigen::half or "
      "Eigen::bfloat16; convert others first, for example with query.cast<float>().");
  using A = accumulator_t<detail::lawful_t<T>>;

 public:
  /// Copies the parameters: query, an Eigen tensor of rank 2 or an Eigen matrix; position_weight, an Eigen tensor of
  /// rank 1, an Eigen vector or a contiguous range.
  template <class Q, class W> PositionalScorer(const Q& query, const W& position_weight);

  [[nodiscard]] Index heads() const noexcept { return query_.rows; }
  [[nodiscard]] Index hidden() const noexcept { return query_.columns; }
  void check_hidden(Index hidden) const;
  void score(const auto& tile, std::span<A> scores) const;

  // As a LinearScorer that has a weight of its own beside the query.
  [[nodiscard]] std::span<const A> query() const noexcept { return query_.values; }
  [[nodiscard]] static A d_query_scale() noexcept { return 1; }
  void backward(const auto& tile, std::span<const A> d_scores, const Gradients<A>& gradients) const;
  void set_parameters(std::span<const double> numbers) {
    seqpool::set_numbers(query_.values, numbers);
    seqpool::set_numbers(position_weight_, numbers);
  }

  [[nodiscard]] A later(Index k, Index n) const {
    return position_weight_[static_cast<std::size_t>(k)] * static_cast<A>(n);
  }

  [[nodiscard]] std::string name() const { return "positional_attention"; }
  void visit_parameters(auto f) const {
    seqpool::visit_parameter(f, "query", query_.values, {heads(), hidden()}, true);
    seqpool::visit_parameter(f, "position_weight", position_weight_, {heads()}, false);
  }

 private:
  detail::Numbers<A> query_;                  // [heads, hidden]
  detail::AlignedVector<A> position_weight_;  // [heads]
};

/// Attention that sees where a token stands: out_k = sum_t a_kt x_t, a_k = softmax of query_k · x_t + w_k * t over a
/// row's n real tokens, t = 0, ..., n - 1.
///
///     seqpool::pool(seqpool::PositionalAttention{query, position_weight}, x, mask);  // [batch, heads * hidden]
///
/// Positions are counted over the row's real tokens, so padding and spans change nothing. `AttentionProbe` is this
/// pooling and its head.
///
/// **Shapes**: query `[heads, hidden]`, position_weight `[heads]`; tokens `[n, hidden]` to `[heads * hidden]`.
/// **Errors**: `std::invalid_argument` for sizes that differ, for no heads, for a position_weight that is NaN or
/// infinite, and for hidden states whose hidden is not the query's.
/// **Cost**: `SoftmaxPooling`'s; the constructor copies the parameters.
/// **Numerics**: all in `accumulator_t`; see `SoftmaxState`. With a score's error d <= (hidden / 4 + 34) * eps *
/// (sum_h |query_k[h] x_t[h]| + |w_k| * n), |error| <= (2 d + (n + 16) * eps) * max_t |x_t[h]|, in the domain of
/// `Attention`. A NaN or +inf score makes its head NaN; a score of -inf has weight 0.
template <class T> class PositionalAttention : public SoftmaxPooling<PositionalScorer<T>> {
 public:
  using SoftmaxPooling<PositionalScorer<T>>::SoftmaxPooling;
};

template <class Q, class W> PositionalAttention(const Q&, const W&) -> PositionalAttention<detail::guide_element_t<Q>>;

// ---------------------------------------------------------------------------------------------------------------------

template <class T>
template <class Q, class W>
PositionalScorer<T>::PositionalScorer(const Q& query, const W& position_weight) {
  constexpr bool lawful = detail::MatrixOf<Q, T> && detail::VectorOf<W, T>;
  static_assert(
      lawful || !Scalar<T>,
      "seqpool: PositionalAttention{query, position_weight} takes the query [heads, hidden], an Eigen tensor of "
      "rank 2 or an Eigen matrix, and the position_weight [heads], an Eigen tensor of rank 1, an Eigen vector or "
      "a contiguous range, both of one scalar.");
  if constexpr (lawful && Scalar<T>) {
    query_ = detail::widened_matrix(query, "query");
    position_weight_ = detail::widened(position_weight);
    const Index found = static_cast<Index>(position_weight_.size());
    if (found != heads() || heads() == 0)
      detail::fail({"position_weight is ", detail::shape({found}), ", but query [heads, hidden] is ",
                    detail::shape({heads(), hidden()}), ": position_weight must be [heads], of one head at least"});
    for (std::size_t k = 0; k < position_weight_.size(); ++k)
      if (!std::isfinite(position_weight_[k]))
        detail::fail({"position_weight[", k, "] is ", detail::number_text(position_weight_[k]),
                      ": what places are multiplied by must be finite"});
  }
}

template <class T> void PositionalScorer<T>::check_hidden(Index hidden) const {
  if (hidden != this->hidden())
    detail::fail({"query is ", detail::shape({heads(), this->hidden()}), ", but hidden states have hidden ", hidden,
                  ": query must be [heads, hidden]"});
}

template <class T> void PositionalScorer<T>::score(const auto& tile, std::span<A> scores) const {
  detail::score_by_queries(tile, query_.values.data(), heads(), scores.data());
  for (Index k = 0; k < heads(); ++k)
    for (Index i = 0; i < tile.size(); ++i)
      scores[static_cast<std::size_t>(k * score_tile + i)] +=
          position_weight_[static_cast<std::size_t>(k)] * static_cast<A>(tile.number(i));
}

template <class T>
void PositionalScorer<T>::backward(const auto& tile, std::span<const A> d_scores, const Gradients<A>& gradients) const {
  if (gradients.own.empty()) return;
  const auto d_position_weight = gradients.own.subspan(query_.values.size());
  for (Index k = 0; k < heads(); ++k)
    for (Index i = 0; i < tile.size(); ++i)
      d_position_weight[static_cast<std::size_t>(k)] +=
          d_scores[static_cast<std::size_t>(k * score_tile + i)] * static_cast<A>(tile.number(i));
}

}  // namespace seqpool::inline SEQPOOL_ABI
