// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/matrix.hpp>
#include <seqpool/detail/start_numbers.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/pool.hpp>
#include <seqpool/pooling/softmax_pooling.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// The `Scorer` of `Attention`: scale * query_k·x.
template <class T, Index Queries> class QueryScorer {
  static_assert(Scalar<T>, "seqpool: Attention{query} takes a query of float, double, Eigen::half or Eigen::bfloat16.");
  using A = accumulator_t<detail::lawful_t<T>>;

 public:
  /// How many softmaxes run side by side, if the type says so.
  static constexpr Index fixed_heads = Queries;

  /// Copies the query: an Eigen tensor of rank 1, an Eigen vector, or a contiguous range, `[hidden]`; or several, an
  /// Eigen tensor of rank 2 or an Eigen matrix, `[k, hidden]`.
  template <class Q> explicit QueryScorer(const Q& query, double scale = 1);

  /// The queries, each multiplied by the scale, `[k, hidden]`, in the accumulator's type.
  [[nodiscard]] std::span<const A> query() const noexcept { return scaled_; }

  // As a LinearScorer.
  [[nodiscard]] A d_query_scale() const noexcept { return static_cast<A>(scale_); }
  void set_parameters(std::span<const double> numbers) {
    seqpool::set_numbers(given_.values, numbers);
    multiply();
  }

  [[nodiscard]] Index heads() const noexcept { return given_.rows; }
  [[nodiscard]] bool averages() const noexcept { return averages_; }
  void check_hidden(Index hidden) const;
  void score(const auto& tile, std::span<A> scores) const {
    detail::score_by_queries(tile, scaled_.data(), Queries == 1 ? 1 : heads(), scores.data());
  }

  [[nodiscard]] std::string name() const {
    const char* const kind = averages_ ? "average attention" : "attention";
    return scale_ == 1 ? kind : detail::sentence({kind, " scaled by ", detail::number_text(scale_)});
  }
  void visit_parameters(auto f) const {
    if (Queries == 1)
      seqpool::visit_parameter(f, "query", given_.values, {given_.columns}, true);
    else
      seqpool::visit_parameter(f, "query", given_.values, {given_.rows, given_.columns}, true);
  }

 protected:
  bool averages_ = false;

 private:
  template <class Q> void copy(const Q& query);
  void multiply();

  double scale_;
  detail::Numbers<A> given_;         // [heads, hidden]
  detail::AlignedVector<A> scaled_;  // [heads, hidden]
};

/// Attention with learned queries: out[k] = sum_t a_t x_t, a = softmax of scale * query_k·x_t over a row's real tokens.
/// The scale is 1 if none is given; many models train with 1 / sqrt(hidden).
///
///     seqpool::pool(seqpool::Attention{query}, x, mask);    // or attention_pool(x, query, mask)
///     seqpool::pool(seqpool::Attention{queries}, x, mask);  // queries [k, hidden]: the k results side by side
///     seqpool::pool(seqpool::Attention{queries, scale}.average(), x, mask);  // their mean, [batch, hidden]
///
/// `Queries` is how many there are, Eigen::Dynamic if that is known only at run time.
///
/// **Shapes**: query `[hidden]` or `[k, hidden]`; tokens `[n, hidden]` to `[k * hidden]`, and for `average` to
/// `[hidden]`.
/// **Errors**: `std::invalid_argument` if the query is not `[hidden]` or `[k, hidden]`, or k is 0, or the scale is NaN
/// or infinite.
/// **Cost**: `SoftmaxPooling`'s; the constructor copies the queries.
/// **Numerics**: all in `accumulator_t`; see `SoftmaxState`. With a score's error d <= (hidden / 8 + 34) * eps *
/// sum_h |query[h] x_t[h]| (hidden / 4 in place of hidden / 8 for several queries), |error| <= (2 d + (n + 16) * eps) *
/// max_t |x_t[h]|, and for the mean of k results k * eps of that size more, if those sums and sum_t |x_t[h]| are finite
/// in `accumulator_t` and the result is normal there. A scale is multiplied into the query, which rounds it once more.
/// A NaN or +inf score makes its query's result NaN, as in PyTorch; a score of -inf has weight 0, even if all are -inf:
/// finite features then give zeros, in PyTorch NaN.
template <class T, Index Queries = 1> class Attention : public SoftmaxPooling<QueryScorer<T, Queries>> {
 public:
  using SoftmaxPooling<QueryScorer<T, Queries>>::SoftmaxPooling;

  /// The same with the mean of the k results, `[hidden]`.
  [[nodiscard]] Attention average() const {
    Attention other(*this);
    other.averages_ = true;
    return other;
  }

  /// One query to learn from, of zeros: at first the result is the mean.
  ///
  /// **Errors**: `std::invalid_argument` for hidden below 0.
  [[nodiscard]] static Attention<T> untrained(Index hidden);

  /// Several, of small numbers, as equal ones would learn the same. A seed gives the same ones everywhere.
  ///
  /// **Errors**: `std::invalid_argument` for hidden below 0 or queries below 1.
  [[nodiscard]] static Attention<T, Eigen::Dynamic> untrained(Index hidden, Index queries, std::uint64_t seed = 0);
};

template <class Q> explicit Attention(const Q&, double = 1) -> Attention<detail::guide_scalar_t<Q>>;
template <detail::MatrixLike Q>
  requires(!detail::VectorLike<Q>)
explicit Attention(const Q&, double = 1) -> Attention<detail::element_t<Q>, detail::static_sizes<Q>()[0]>;

/// `pool(Attention{query}, x, mask, device)`.
///
/// **Shapes**: x: `[batch, seq, hidden]`; query: `[hidden]` or `[k, hidden]`; mask: `[batch, seq]` or `Lengths`
/// `[batch]`; result: `[batch, hidden]` or `[batch, k * hidden]`.
template <class X, class Q, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto attention_pool(const X& x, const Q& query, const M& mask = {}, const D& device = {}) {
  constexpr bool lawful = detail::ScalarVector<Q> || detail::ScalarMatrix<Q>;
  static_assert(
      lawful,
      "seqpool: attention_pool(x, query, mask) takes the query [hidden] second: an Eigen tensor of rank 1, an Eigen "
      "vector, or a contiguous range, of float, double, Eigen::half or Eigen::bfloat16; or several, [k, hidden], as an "
      "Eigen tensor of rank 2 or an Eigen matrix.");
  if constexpr (lawful)
    return seqpool::pool(Attention(query), x, mask, device);
  else
    return detail::refused<X>();
}

// ---------------------------------------------------------------------------------------------------------------------

template <class T, Index Queries>
template <class Q>
QueryScorer<T, Queries>::QueryScorer(const Q& query, double scale) : scale_(scale) {
  constexpr bool one = detail::VectorLike<Q>;
  constexpr bool lawful = one || detail::MatrixLike<Q>;
  static_assert(lawful,
                "seqpool: Attention{query} takes the query [hidden]: an Eigen tensor of rank 1, an Eigen vector, or a "
                "contiguous range, of float, double, Eigen::half or Eigen::bfloat16; or several, [k, hidden]: an Eigen "
                "tensor of rank 2 or an Eigen matrix.");
  if constexpr (lawful && Scalar<T>) {
    using Found = typename std::conditional_t<one, detail::VectorScalar<Q>, detail::GuideElement<Q>>::type;
    constexpr bool of_t = std::same_as<Found, T>;
    static_assert(of_t, "seqpool: Attention<T>{query} takes a query of T.");
    constexpr bool fits = detail::sizes_agree(Queries, one ? 1 : detail::static_sizes<Q>()[0]) && (one || Queries != 1);
    static_assert(fits || !of_t,
                  "seqpool: an Attention<T> holds one query [hidden]; an Attention<T, Eigen::Dynamic> holds several, "
                  "[k, hidden].");
    if constexpr (of_t && fits) copy(query);
  }
}

template <class T, Index Queries> template <class Q> void QueryScorer<T, Queries>::copy(const Q& query) {
  if (!std::isfinite(scale_))
    detail::fail({"Attention's scale is ", detail::number_text(scale_), ": it must be a finite number"});
  if constexpr (detail::VectorLike<Q>) {
    auto numbers = detail::widened(query);
    given_ = {1, static_cast<Index>(numbers.size()), std::move(numbers)};
  } else {
    given_ = detail::widened_matrix(query, "queries");
    if (heads() == 0 || !detail::sizes_agree(Queries, heads()))
      detail::fail({"queries are ", detail::shape({heads(), given_.columns}), ": they must be [k, hidden], ",
                    Queries == Eigen::Dynamic ? "of one at least" : detail::sentence({"with k = ", Queries})});
  }
  multiply();
}

template <class T, Index Queries> void QueryScorer<T, Queries>::multiply() {
  scaled_ = given_.values;
  if (scale_ != 1)
    for (A& q : scaled_) q = static_cast<A>(static_cast<double>(q) * scale_);
}

template <class T, Index Queries> void QueryScorer<T, Queries>::check_hidden(Index hidden) const {
  const bool one = Queries == 1;
  if (hidden != given_.columns)
    detail::fail({one ? "query is " : "queries are ",
                  one ? detail::shape({given_.columns}) : detail::shape({heads(), given_.columns}),
                  ", but hidden states have hidden ", hidden, ": ",
                  (one ? "query must be [hidden]" : "queries must be [k, hidden]")});
}

template <class T, Index Queries> Attention<T> Attention<T, Queries>::untrained(Index hidden) {
  if (hidden < 0) detail::fail({"untrained: hidden is ", hidden, ": it must be 0 or more"});
  return Attention<T>(std::vector<T>(static_cast<std::size_t>(hidden)));
}

template <class T, Index Queries>
Attention<T, Eigen::Dynamic> Attention<T, Queries>::untrained(Index hidden, Index queries, std::uint64_t seed) {
  if (hidden < 0 || queries < 1)
    detail::fail({"untrained: queries would be ", detail::shape({queries, hidden}),
                  ": they must be [k, hidden], of one at least"});
  const auto start = detail::start_numbers(detail::product(queries, hidden, "queries"), seed);
  Eigen::Tensor<T, 2, Eigen::RowMajor> numbers(queries, hidden);
  std::transform(start.begin(), start.end(), numbers.data(), [](double q) { return static_cast<T>(q); });
  return Attention<T, Eigen::Dynamic>(numbers);
}

}  // namespace seqpool::inline SEQPOOL_ABI
