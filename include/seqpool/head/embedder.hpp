// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/head/sequential.hpp>
#include <seqpool/pool.hpp>

#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// A pooling and the heads that follow it: hidden states `[batch, seq, hidden]` to vectors.
///
///     const seqpool::Embedder embedder{seqpool::Mean{}, seqpool::Normalize{}};
///     const auto vectors = embedder.embed(x, mask);  // [batch, hidden], each of length 1
///
/// x, mask and device are those of `pool`. The result has the layout of x. A row's bits do not depend on the batch. A
/// const Embedder serves many threads.
template <class P, class... H> class Embedder {
  static_assert(SomePooling<P>,
                "seqpool: Classifier{pooling, heads...} and Embedder{pooling, heads...} take a seqpool::Pooling first: "
                "Cls{}, Last{}, Mean{}, Max{}, Attention{query}, or your own.");
  static_assert((SomeHead<H> && ...) || !SomePooling<P>,
                "seqpool: Classifier{pooling, heads...} and Embedder{pooling, heads...} take heads behind the pooling: "
                "seqpool::Linear{weight, bias}, Dense{linear, activation}, LayerNorm{weight, bias}, Normalize{}, "
                "Truncate{features}, or your own with width(features) and map(Rows<const A> in, Rows<A> out).");

 public:
  explicit Embedder(P pooling, H... heads) : pooling_(std::move(pooling)), heads_(std::move(heads)...) {}

  [[nodiscard]] const P& pooling() const noexcept { return pooling_; }
  [[nodiscard]] const Sequential<H...>& heads() const noexcept { return heads_; }

  /// map(heads, pool(pooling, x, mask, device), device).
  ///
  /// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, width]`, or
  /// `[spans, width]` for `Spans`.
  /// **Empty**: a row with no real token is pooled to zeros, and the heads get those.
  /// **Errors**: those of `pool` and of the heads: `std::invalid_argument` if the pooling's width is not what the first
  /// head takes, before anything is read.
  /// **Cost**: `pool`'s and the heads'; allocates the pooled vectors and the result.
  template <class X, class M = AllTokens, class D = CallingThread>
  [[nodiscard]] auto embed(const X& x, const M& mask = {}, const D& device = {}) const;

  /// The pooling's and the heads': "pooling.query", "head.0.weight".
  void visit_parameters(auto f) const {
    seqpool::visit_parameters(pooling_, f, "pooling");
    seqpool::visit_parameters(heads_, f, "head");
  }

 private:
  P pooling_;
  Sequential<H...> heads_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class P, class... H>
template <class X, class M, class D>
auto Embedder<P, H...>::embed(const X& x, const M& mask, const D& device) const {
  if constexpr ((SomeHead<H> && ...) && detail::are_arguments<P, X, M, D>()) {
    using Seqs = detail::sequences_t<X>;
    using A = result_t<P, typename Seqs::value_type>;
    if constexpr (sizeof...(H) == 0) {
      return seqpool::pool(pooling_, x, mask, device);
    } else if constexpr (detail::is_head<true, Head<Sequential<H...>, A>>()) {
      const Seqs& sequences = detail::sequences_of(x);
      const auto& selection = detail::selection_of(mask);
      const detail::RowPooler pooler(pooling_, sequences, selection);
      auto pooled = detail::make_result<X, A>(pooler.rows(), pooler.width());
      const auto vectors = detail::matrix_view(pooled, "the result");
      const detail::RowMapper mapper(heads_, vectors);
      auto out = detail::make_result<X, A>(mapper.rows(), mapper.width());
      const auto& on = detail::device_of(mask, device);
      pooler.run(vectors, on);
      mapper.run(detail::matrix_view(out, "the result"), on);
      return out;
    } else {
      return detail::refused<X, A>();
    }
  } else {
    return detail::refused<X>();
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
