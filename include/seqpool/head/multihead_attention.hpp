// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/bytes.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/head/head.hpp>
#include <seqpool/head/value_projection.hpp>
#include <seqpool/pool.hpp>
#include <seqpool/pooling/attention.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// The tensors of a torch.nn.MultiheadAttention, under torch's names, and its fixed queries.
///
/// **Shapes**: query `[k, embed]`; in_proj_weight `[3 * embed, embed]`, or in its place the three weights
/// `[embed, embed]`, `[embed, hidden]` and `[embed, hidden]`; in_proj_bias `[3 * embed]`; out_proj_weight
/// `[embed, embed]` and out_proj_bias `[embed]`. A bias may be empty.
template <class T> struct MultiheadAttentionWeights {
  using Matrix = typename ValueProjection<T>::Matrix;
  using Vector = typename ValueProjection<T>::Vector;

  Matrix query{};
  Index heads = 1;
  Matrix in_proj_weight{};
  Matrix q_proj_weight{}, k_proj_weight{}, v_proj_weight{};
  Vector in_proj_bias{};
  Matrix out_proj_weight{};
  Vector out_proj_bias{};
  std::optional<double> scale{};  // of the scores; 1 / sqrt(embed / heads) if there is none
};

/// Multi-head attention of fixed queries, pooled without projecting a token: for query q and head k,
/// q̃_qk = scale * K_k^T (Q q + b_q)_k is one query of `Attention`, and values are projected after it.
///
///     const seqpool::MultiheadAttention attention{weights};
///     const seqpool::Embedder embedder{attention.pooling(), attention.head()};
///     seqpool::multihead_attention_pool(x, attention, mask);  // the same
///
/// The bias of the keys adds the same to all scores of a head, which does not change their softmax.
///
/// **Shapes**: tokens `[n, hidden]` to `[k * heads * hidden]`, and by the head to `[k * embed]`.
/// **Empty**: a row with no real token is pooled to zeros, which the head turns into the projected biases.
/// **Errors**: `std::invalid_argument` for sizes that do not fit each other, and for a scale that is NaN or infinite.
/// **Cost**: the constructor folds and copies the weights, O(k * embed * (embed + hidden)).
/// **Numerics**: the queries are folded in double and rounded to `accumulator_t` once; then those of `Attention` with
/// these queries, and of `ValueProjection`.
/// **Source**: torch.nn.MultiheadAttention, in evaluation, without bias_k, bias_v and add_zero_attn.
template <class T> class MultiheadAttention {
  using A = accumulator_t<detail::lawful_t<T>>;

 public:
  explicit MultiheadAttention(const MultiheadAttentionWeights<T>& weights);

  /// `[batch, k * heads * hidden]`.
  [[nodiscard]] const Attention<A, Eigen::Dynamic>& pooling() const noexcept { return pooling_; }

  /// From there to `[batch, k * embed]`, a `Head`.
  [[nodiscard]] const ValueProjection<A>& head() const noexcept { return head_; }

  /// The gradients of its parameters, by torch's names, from those of `pooling()` and `head()`.
  ///
  ///     const auto all = seqpool::gradient(embedder, x, mask, loss).parameters;
  ///     const auto own = attention.gradient(all.part("pooling"), all.part("head.0"));  // own["in_proj_weight"]
  ///
  /// **Numerics**: in double; those of the keys' bias are 0.
  [[nodiscard]] ParameterVector gradient(const ParameterVector& of_pooling, const ParameterVector& of_head) const;
  void set_parameters(std::span<const double> numbers);

  /// "query" and what torch.nn.MultiheadAttention has: "in_proj_weight" or "q_proj_weight", "k_proj_weight" and
  /// "v_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias", those that were given.
  void visit_parameters(auto f) const {
    for_each(weights_, [&](std::string_view name, const auto& tensor) {
      const auto sizes = detail::sizes_of<std::remove_cvref_t<decltype(tensor)>::NumIndices>(tensor);
      const std::span<const A> numbers(tensor.data(), static_cast<std::size_t>(tensor.size()));
      if (!numbers.empty()) f(name, numbers, std::span<const Index>(sizes), sizes.size() == 2);
    });
  }

 private:
  using Weights = MultiheadAttentionWeights<A>;
  using Matrix = typename Weights::Matrix;
  using Vector = typename Weights::Vector;

  static Weights widened(const MultiheadAttentionWeights<T>& weights);
  // f(name, tensor) for each that has numbers to learn.
  static void for_each(auto& weights, auto f) {
    f("query", weights.query);
    f("in_proj_weight", weights.in_proj_weight);
    f("q_proj_weight", weights.q_proj_weight);
    f("k_proj_weight", weights.k_proj_weight);
    f("v_proj_weight", weights.v_proj_weight);
    f("in_proj_bias", weights.in_proj_bias);
    f("out_proj.weight", weights.out_proj_weight);
    f("out_proj.bias", weights.out_proj_bias);
  }

  // The weight and the bias of each projection by itself.
  static Weights parted(const Weights& weights);
  static double scale_of(const Weights& weights);
  // Number e of the projection of query k.
  static double projected(const Weights& weights, Index k, Index e);
  static Matrix rows_of(const Matrix& matrix, Index first, Index count) {
    return matrix.slice(Eigen::array<Index, 2>{first, 0}, Eigen::array<Index, 2>{count, matrix.dimension(1)});
  }
  static Attention<A, Eigen::Dynamic> pooling_of(const Weights& weights);
  static ValueProjection<A> head_of(const Weights& weights);

  Weights weights_;
  Attention<A, Eigen::Dynamic> pooling_;
  ValueProjection<A> head_;
};

/// map(attention.head(), pool(attention.pooling(), x, mask, device), device).
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, k * embed]`.
template <class X, class T, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto multihead_attention_pool(const X& x, const MultiheadAttention<T>& attention, const M& mask = {},
                                            const D& device = {}) {
  using P = Attention<accumulator_t<T>, Eigen::Dynamic>;
  if constexpr (detail::are_arguments<P, X, M, D>())
    return seqpool::map(attention.head(), seqpool::pool(attention.pooling(), x, mask, device),
                        detail::device_of(mask, device));
  else
    return detail::refused<X>();
}

// ---------------------------------------------------------------------------------------------------------------------

template <class T>
MultiheadAttention<T>::MultiheadAttention(const MultiheadAttentionWeights<T>& weights)
    : weights_(widened(weights)), pooling_(pooling_of(parted(weights_))), head_(head_of(parted(weights_))) {}

template <class T> auto MultiheadAttention<T>::widened(const MultiheadAttentionWeights<T>& weights) -> Weights {
  const auto matrix = [](const auto& m) { return Matrix(m.template cast<A>()); };
  const auto vector = [](const auto& v) { return Vector(v.template cast<A>()); };
  return {matrix(weights.query),          weights.heads,
          matrix(weights.in_proj_weight), matrix(weights.q_proj_weight),
          matrix(weights.k_proj_weight),  matrix(weights.v_proj_weight),
          vector(weights.in_proj_bias),   matrix(weights.out_proj_weight),
          vector(weights.out_proj_bias),  weights.scale};
}

template <class T> void MultiheadAttention<T>::set_parameters(std::span<const double> numbers) {
  seqpool::check_count(*this, numbers);
  for_each(weights_, [&](std::string_view, auto& tensor) {
    seqpool::set_numbers(std::span(tensor.data(), static_cast<std::size_t>(tensor.size())), numbers);
  });
  pooling_ = pooling_of(parted(weights_));
  head_ = head_of(parted(weights_));
}

template <class T> auto MultiheadAttention<T>::parted(const Weights& weights) -> Weights {
  Weights own(weights);
  const Index embed = own.query.dimension(1);
  const auto shape_of = [](const Matrix& m) { return detail::shape({m.dimension(0), m.dimension(1)}); };
  const std::string query = detail::sentence({", but query [k, embed] is ", shape_of(own.query), ": "});
  if (own.in_proj_weight.size() != 0) {
    if (own.q_proj_weight.size() != 0 || own.k_proj_weight.size() != 0 || own.v_proj_weight.size() != 0)
      detail::fail("there are an in_proj_weight and weights of single projections: it must be one or the other");
    if (own.in_proj_weight.dimension(0) != 3 * embed)
      detail::fail({"in_proj_weight is ", shape_of(own.in_proj_weight), query, "it must be [3 * embed, embed]"});
    own.q_proj_weight = rows_of(own.in_proj_weight, 0, embed);
    own.k_proj_weight = rows_of(own.in_proj_weight, embed, embed);
    own.v_proj_weight = rows_of(own.in_proj_weight, 2 * embed, embed);
  }
  if (own.q_proj_weight.dimension(0) != embed || own.q_proj_weight.dimension(1) != embed)
    detail::fail({"the queries' projection is ", shape_of(own.q_proj_weight), query, "it must be [embed, embed]"});
  if (own.k_proj_weight.dimension(0) != embed || own.v_proj_weight.dimension(0) != embed ||
      own.k_proj_weight.dimension(1) != own.v_proj_weight.dimension(1))
    detail::fail({"the keys' projection is ", shape_of(own.k_proj_weight), " and the values' ",
                  shape_of(own.v_proj_weight), query, "both must be [embed, hidden]"});
  if (own.in_proj_bias.size() != 0 && own.in_proj_bias.size() != 3 * embed)
    detail::fail({"in_proj_bias is ", detail::shape({Index{own.in_proj_bias.size()}}), query,
                  "it must be [3 * embed], or empty"});
  if (own.heads < 1 || own.heads > embed || embed % own.heads != 0)
    detail::fail({"there are ", own.heads, " heads", query, "heads must divide embed"});
  return own;
}

template <class T> double MultiheadAttention<T>::scale_of(const Weights& weights) {
  const Index width = weights.query.dimension(1) / weights.heads;
  const double scale = weights.scale.value_or(1 / std::sqrt(static_cast<double>(width)));
  if (!std::isfinite(scale))
    detail::fail({"the scale of a MultiheadAttention's scores is ", detail::number_text(scale),
                  ": it must be a finite number, or none, which is 1 / sqrt(embed / heads)"});
  return scale;
}

template <class T> double MultiheadAttention<T>::projected(const Weights& weights, Index k, Index e) {
  double sum = weights.in_proj_bias.size() == 0 ? 0. : static_cast<double>(weights.in_proj_bias(e));
  for (Index f = 0; f < weights.query.dimension(1); ++f)
    sum += static_cast<double>(weights.q_proj_weight(e, f)) * static_cast<double>(weights.query(k, f));
  return sum;
}

template <class T> auto MultiheadAttention<T>::pooling_of(const Weights& weights) -> Attention<A, Eigen::Dynamic> {
  const Index hidden = weights.k_proj_weight.dimension(1);
  const Index width = weights.query.dimension(1) / weights.heads;
  const double scale = scale_of(weights);
  Eigen::Tensor<A, 2, Eigen::RowMajor> folded(
      detail::product(weights.query.dimension(0), weights.heads, "queries of all heads"), hidden);
  std::vector<double> sums;
  for (Index i = 0; i < folded.dimension(0); ++i) {
    sums.assign(static_cast<std::size_t>(hidden), 0);
    for (Index e = i % weights.heads * width; e < (i % weights.heads + 1) * width; ++e) {
      const double factor = projected(weights, i / weights.heads, e);
      for (Index h = 0; h < hidden; ++h)
        sums[static_cast<std::size_t>(h)] += factor * static_cast<double>(weights.k_proj_weight(e, h));
    }
    for (Index h = 0; h < hidden; ++h) folded(i, h) = static_cast<A>(scale * sums[static_cast<std::size_t>(h)]);
  }
  return Attention<A, Eigen::Dynamic>(folded);
}

// Through query i = scale * sum_e p_e K_e with p_e = Q_e·q + b_e, where e runs over the numbers of its head.
template <class T>
ParameterVector MultiheadAttention<T>::gradient(const ParameterVector& of_pooling,
                                                const ParameterVector& of_head) const {
  seqpool::check_count(pooling_, of_pooling.numbers());
  seqpool::check_count(head_, of_head.numbers());
  const Weights weights = parted(weights_);
  const Index embed = weights.query.dimension(1), hidden = weights.k_proj_weight.dimension(1);
  const double scale = scale_of(weights);
  ParameterVector own(*this);
  std::fill(own.numbers().begin(), own.numbers().end(), 0.);
  const auto projection = [&](std::size_t place, std::string_view name) {
    const auto size = static_cast<std::size_t>(embed * embed);
    return weights_.in_proj_weight.size() == 0 ? own[name] : own["in_proj_weight"].subspan(place * size, size);
  };
  const auto d_query = own["query"], d_q = projection(0, "q_proj_weight"), d_k = projection(1, "k_proj_weight");
  const bool has_bias = weights.in_proj_bias.size() != 0;
  const auto d_bias = has_bias ? own["in_proj_bias"] : std::span<double>();
  detail::copy_numbers(of_head["v_proj.weight"], projection(2, "v_proj_weight"));
  if (has_bias) detail::copy_numbers(of_head["v_proj.bias"], d_bias.last(static_cast<std::size_t>(embed)));
  detail::copy_numbers(of_head["out_proj.weight"], own["out_proj.weight"]);
  if (weights.out_proj_bias.size() != 0) detail::copy_numbers(of_head["out_proj.bias"], own["out_proj.bias"]);

  const auto d_folded = of_pooling["query"];
  for (Index k = 0; k < weights.query.dimension(0); ++k)
    for (Index e = 0; e < embed; ++e) {
      const Index head = e / (embed / weights.heads);
      const double* const d = d_folded.data() + (k * weights.heads + head) * hidden;
      const double p = projected(weights, k, e);
      double d_p = 0;
      for (Index h = 0; h < hidden; ++h) {
        d_p += scale * d[h] * static_cast<double>(weights.k_proj_weight(e, h));
        d_k[static_cast<std::size_t>(e * hidden + h)] += scale * d[h] * p;
      }
      if (has_bias) d_bias[static_cast<std::size_t>(e)] += d_p;
      for (Index f = 0; f < embed; ++f) {
        d_q[static_cast<std::size_t>(e * embed + f)] += d_p * static_cast<double>(weights.query(k, f));
        d_query[static_cast<std::size_t>(k * embed + f)] += d_p * static_cast<double>(weights.q_proj_weight(e, f));
      }
    }
  return own;
}

template <class T> auto MultiheadAttention<T>::head_of(const Weights& weights) -> ValueProjection<A> {
  const Index embed = weights.query.dimension(1);
  Vector bias;
  if (weights.in_proj_bias.size() != 0)
    bias = weights.in_proj_bias.slice(Eigen::array<Index, 1>{2 * embed}, Eigen::array<Index, 1>{embed});
  return ValueProjection<A>(weights.v_proj_weight, bias, weights.out_proj_weight, weights.out_proj_bias, weights.heads,
                            weights.query.dimension(0));
}

}  // namespace seqpool::inline SEQPOOL_ABI
