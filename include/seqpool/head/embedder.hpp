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

  /// The same into the caller's memory, which must not overlap x or a layer that x is made of: overlap is refused.
  ///
  /// **Shapes**: out: `[batch, width]`, or `[spans, width]` for `Spans`: an Eigen tensor or map of rank 2, of either
  /// layout, of `result_t`; the others as in `embed`.
  /// **Cost**: allocates what `pool_into` and `map_into` do, and if there are heads the pooled vectors.
  template <class Out, class X, class M = AllTokens, class D = CallingThread>
  void embed_into(Out&& out, const X& x, const M& mask = {}, const D& device = {}) const;

  void set_parameters(std::span<const double> numbers) {
    seqpool::check_count(*this, numbers);
    seqpool::set_part(pooling_, numbers);
    seqpool::set_part(heads_, numbers);
  }

  /// The parameters of pooling and heads: "pooling.query", "head.0.weight".
  void visit_parameters(auto f) const {
    seqpool::visit_parameters(pooling_, f, "pooling");
    seqpool::visit_parameters(heads_, f, "head");
  }

 private:
  template <class X> using Element = result_t<P, typename detail::sequences_t<X>::value_type>;

  // Whether the arguments of `embed` fit.
  template <class X, class M, class D> static consteval bool are_arguments();

  // Pools x and maps the result to out(sequences, rows, width). This memory is asked for before anything is read.
  template <class X, class M, class D, class Out>
  void pool_and_map(const X& x, const M& mask, const D& device, Out out) const;

  P pooling_;
  Sequential<H...> heads_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class P, class... H> template <class X, class M, class D> consteval bool Embedder<P, H...>::are_arguments() {
  if constexpr ((SomeHead<H> && ...) && detail::are_arguments<P, X, M, D>())
    return detail::is_head<true, sizeof...(H) == 0 || Head<Sequential<H...>, Element<X>>>();
  else
    return false;
}

template <class P, class... H>
template <class X, class M, class D>
auto Embedder<P, H...>::embed(const X& x, const M& mask, const D& device) const {
  if constexpr (!are_arguments<X, M, D>()) {
    return detail::refused<X>();
  } else if constexpr (sizeof...(H) == 0) {
    return seqpool::pool(pooling_, x, mask, device);
  } else {
    decltype(detail::make_result<X, Element<X>>(Index{}, Index{})) result;
    pool_and_map(x, mask, device, [&](const auto&, Index rows, Index width) {
      result = detail::make_result<X, Element<X>>(rows, width);
      return detail::matrix_view(result, "the result");
    });
    return result;
  }
}

template <class P, class... H>
template <class Out, class X, class M, class D>
void Embedder<P, H...>::embed_into(Out&& out, const X& x, const M& mask, const D& device) const {
  if constexpr (are_arguments<X, M, D>()) {
    if constexpr (sizeof...(H) == 0)
      seqpool::pool_into(out, pooling_, x, mask, device);
    else if constexpr (detail::is_result<Out, Element<X>>())
      pool_and_map(x, mask, device, [&](const auto& sequences, Index rows, Index width) {
        const auto view = detail::matrix_view(out, "out");
        detail::check_result(view, rows, width, "hidden states",
                             {sequences.batch(), sequences.seq(), sequences.hidden()});
        detail::check_apart(view, sequences);
        return view;
      });
  }
}

template <class P, class... H>
template <class X, class M, class D, class Out>
void Embedder<P, H...>::pool_and_map(const X& x, const M& mask, const D& device, Out out) const {
  const auto& sequences = detail::sequences_of(x);
  const auto& selection = detail::selection_of(mask);
  const detail::RowPooler pooler(pooling_, sequences, selection);
  auto pooled = detail::make_result<X, Element<X>>(pooler.rows(), pooler.width());
  const auto vectors = detail::matrix_view(pooled, "the result");
  const detail::RowMapper mapper(heads_, vectors);
  const auto view = out(sequences, mapper.rows(), mapper.width());
  const auto& on = detail::device_of(mask, device);
  pooler.run(vectors, on);
  mapper.run(view, on);
}

}  // namespace seqpool::inline SEQPOOL_ABI
