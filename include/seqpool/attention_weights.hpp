// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/door/argument_checks.hpp>
#include <seqpool/door/arguments.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/driver/row_weights.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/input/selection.hpp>

namespace seqpool::inline SEQPOOL_ABI {

/// A pooling of hidden states of T that sums tokens weighted by a softmax of their scores; it is also a `Scorer`.
template <class P, class T = float>
concept AttentionPooling = Pooling<P, T> && Scorer<P, T>;

/// The weight that an attention pooling gives each token: the softmax of the scores of a row's real tokens.
///
///     const auto weights = seqpool::attention_weights(seqpool::Attention{query}, x, mask);  // [batch, seq]
///
/// A weight stands at its token's position, padding counted; with `Spans`, at the token's position in its sequence. A
/// pooling that averages its heads still gives weights for each head.
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, seq]` if the
/// pooling's type says that it has one head (`P::fixed_heads`, as in `Attention{query}`), otherwise
/// `[batch, heads, seq]`; batch is the number of spans if spans are the rows, and seq is the longest sequence's length
/// if there is no padding; an `Eigen::Tensor` like that of `pool`.
/// **Empty**: padded tokens have weight 0, as do all tokens of a row with no real token.
/// **Errors**: as `pool`.
/// **Cost**: reads each real token once; allocates the result, and the scores of one row for each range of rows that a
/// thread takes.
/// **Numerics**: the scores are the pooling's. If a weight is normal, its relative error is at most (n + 4 + m - s) *
/// eps, plus what the score's error adds, where s is the token's score and m the row's largest. A head's weights add up
/// to 1 within 2 * n * eps. A NaN or +inf score makes its head's weights NaN for all real tokens; if all of a head's
/// scores are -inf, its weights are 0.
template <class P, class X, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto attention_weights(const P& pooling, const X& x, const M& mask = {}, const D& device = {});

// ---------------------------------------------------------------------------------------------------------------------

template <class P, class X, class M, class D>
auto attention_weights(const P& pooling, const X& x, const M& mask, const D& device) {
  if constexpr (detail::are_arguments<P, X, M, D>()) {
    using Seqs = detail::sequences_t<X>;
    using T = typename Seqs::value_type;
    constexpr bool attends = AttentionPooling<P, T>;
    static_assert(attends,
                  "seqpool: attention_weights(pooling, x, mask) takes one attention pooling, which scores tokens: "
                  "Attention{query}, or your own that is a seqpool::Scorer too. An AnyPooling or a Concat does not say "
                  "what it weighs tokens by; pass the attention that it holds.");
    if constexpr (attends) {
      const Seqs& sequences = detail::sequences_of(x);
      const auto& selection = detail::selection_of(mask);
      using A = accumulator_t<T>;
      const Index rows = detail::RowPooler(pooling, sequences, selection).rows();  // throws if something does not fit
      const Index heads = static_cast<Index>(pooling.heads());
      const Index seq = sequences.seq();
      auto out = [&] {
        if constexpr (detail::heads_of<P> == 1)
          return detail::make_result<X, A>(rows, seq);
        else
          return detail::make_result<X, A>(rows, heads, seq);
      }();
      out.setZero();
      const auto strides =
          detail::dense_strides(std::array{rows, heads, seq}, detail::is_row_major<decltype(out)>, "the result");
      const double bytes = static_cast<double>(seq) * static_cast<double>(sequences.hidden()) * sizeof(T);
      detail::share_out(detail::device_of(mask, device), rows, bytes, [&](Index first, Index last) {
        detail::RowWeights weights(pooling, sequences, selection);
        for (Index row = first; row < last; ++row)
          weights.for_each(row, [&](Index head, Index position, A weight) {
            out.data()[row * strides[0] + head * strides[1] + position * strides[2]] = weight;
          });
      });
      return out;
    } else {
      return detail::refused<X>();
    }
  } else {
    return detail::refused<X>();
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
