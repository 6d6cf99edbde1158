// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/door/argument_checks.hpp>
#include <seqpool/door/arguments.hpp>
#include <seqpool/door/head_checks.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/head/head.hpp>
#include <seqpool/head/sequential.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/pool.hpp>
#include <seqpool/scalar.hpp>

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

 private:
  P pooling_;
  Sequential<H...> heads_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class P, class... H>
template <class X, class M, class D>
auto Embedder<P, H...>::embed(const X& x, [[maybe_unused]] const M& mask, [[maybe_unused]] const D& device) const {
  if constexpr ((SomeHead<H> && ...) && detail::are_arguments<P, X, M, D>()) {
    using T = typename detail::sequences_t<X>::value_type;
    using A = result_t<P, T>;
    if constexpr (sizeof...(H) == 0) {
      return seqpool::pool(pooling_, x, mask, device);
    } else if constexpr (detail::is_head<true, Head<Sequential<H...>, A>>()) {
      static_cast<void>(heads_.width(static_cast<Index>(pooling_.width(detail::sequences_of(x).hidden()))));
      return seqpool::map(heads_, seqpool::pool(pooling_, x, mask, device), detail::device_of(mask, device));
    } else {
      return detail::make_result<X, A>(Index{0}, Index{0});  // so that no other error follows
    }
  } else {
    return detail::make_result<X, float>(Index{0}, Index{0});
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
