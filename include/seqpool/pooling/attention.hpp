// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_POOLING_ATTENTION_HPP
#define SEQPOOL_POOLING_ATTENTION_HPP

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/check.hpp>
#include <seqpool/detail/checksum.hpp>
#include <seqpool/detail/dot.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/fold/softmax.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/pool.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// Attention with one learned query: out = sum_t a_t x_t, a = softmax over a row's real tokens of query·x_t. No
/// 1/sqrt(hidden): where training had a scale, multiply the query by it.
///
///     seqpool::pool(seqpool::Attention{query}, x, mask);  // or attention_pool(x, query, mask)
///
/// **Shapes**: query `[hidden]`; tokens `[n, hidden]` to `[hidden]`.
/// **Errors**: `std::invalid_argument` if the query is not `[hidden]`.
/// **Cost**: each tile of 8 tokens is used twice while in cache; the constructor copies the query.
/// **Numerics**: all in `accumulator_t`; see `SoftmaxState`. With a score's error
/// d <= (hidden / 8 + 34) * eps * sum_h |query[h] x_t[h]|, |error| <= (2 d + (n + 16) * eps) * max_t |x_t[h]|, as long
/// as those sums and sum_t |x_t[h]| are finite in `accumulator_t` and the result is normal there. A NaN or +inf score
/// makes the row NaN, as in PyTorch; a score of -inf has weight 0.
template <class T>
class Attention {
  static_assert(Scalar<T>, "seqpool: Attention{query} takes a query of float, double, Eigen::half or Eigen::bfloat16.");
  using A = accumulator_t<detail::lawful_t<T>>;

 public:
  template <Scalar U>
  using State = SoftmaxState<U>;

  /// Copies the query: an Eigen tensor of rank 1, an Eigen vector, or a contiguous range, `[hidden]`.
  template <class Q>
  explicit Attention(const Q& query);

  /// The query `[hidden]`, in the accumulator's type.
  [[nodiscard]] std::span<const A> query() const noexcept { return query_; }

  [[nodiscard]] std::string name() const;
  [[nodiscard]] Index width(Index hidden) const;

  template <Scalar U>
  void init(State<U>& state, Index hidden) const {
    state.start(1, hidden);
  }

  template <Scalar U>
  requires std::same_as<accumulator_t<U>, A>
  void fold(State<U>& state, const TokenBlock<U>& tokens) const { state.fold(tokens, *this); }

  void merge(auto& state, const auto& next) const { state.merge(next); }
  void finish(const auto& state, auto out) const { state.finish(out); }

  // As a Scorer.
  [[nodiscard]] Index heads() const noexcept { return 1; }

  template <Scalar U>
  void score(const TokenBlock<U>& tile, std::span<A> scores) const;

 private:
  detail::AlignedVector<A> query_;
};

template <class Q>
explicit Attention(const Q&) -> Attention<detail::guide_scalar_t<Q>>;

/// `pool(Attention{query}, x, mask, device)`.
///
/// **Shapes**: x: `[batch, seq, hidden]`; query: `[hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result:
/// `[batch, hidden]`.
template <class X, class Q, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto attention_pool(const X& x, const Q& query, const M& mask = {}, const D& device = {}) {
  static_assert(
      detail::ScalarVector<Q>,
      "seqpool: attention_pool(x, query, mask) takes the query [hidden] second: an Eigen tensor of rank 1, an Eigen "
      "vector, or a contiguous range, of float, double, Eigen::half or Eigen::bfloat16.");
  if constexpr (detail::ScalarVector<Q>)
    return seqpool::pool(Attention(query), x, mask, device);
  else
    return detail::make_result<X, float>(Index{0}, Index{0});  // so that no other error follows
}

// ---------------------------------------------------------------------------------------------------------------------

template <class T>
template <class Q>
Attention<T>::Attention(const Q& query) {
  static_assert(detail::VectorLike<Q>,
                "seqpool: Attention{query} takes the query [hidden]: an Eigen tensor of rank 1, an Eigen vector, or a "
                "contiguous range, of float, double, Eigen::half or Eigen::bfloat16.");
  if constexpr (detail::VectorLike<Q> && Scalar<T>) {
    constexpr bool of_t = std::same_as<detail::vector_scalar_t<Q>, T>;
    static_assert(of_t, "seqpool: Attention<T>{query} takes a query of T.");
    if constexpr (of_t) query_ = detail::widened(query);
  }
}

// With what the query is, so that states saved with another one are refused.
template <class T>
std::string Attention<T>::name() const {
  return "attention " + std::to_string(detail::checksum(std::as_bytes(query())));
}

template <class T>
Index Attention<T>::width(Index hidden) const {
  if (hidden != static_cast<Index>(query_.size()))
    detail::fail("query is " + detail::shape({static_cast<Index>(query_.size())}) + ", but hidden states have hidden " +
                 std::to_string(hidden) + ": query must be [hidden]");
  return hidden;
}

template <class T>
template <Scalar U>
void Attention<T>::score(const TokenBlock<U>& x, std::span<A> scores) const {
  const auto* const query = query_.data();
  if (x.size() == score_tile) {
    const auto dots = detail::dots(query, x.hidden(), detail::Prefetch::distance(x, 0), x[0], x[1], x[2], x[3], x[4],
                                   x[5], x[6], x[7]);
    std::copy(dots.begin(), dots.end(), scores.begin());
    return;
  }
  for (Index i = 0; i < x.size(); ++i) scores[static_cast<std::size_t>(i)] = detail::dot(query, x[i], x.hidden());
}

}  // namespace seqpool::inline SEQPOOL_ABI

#endif
