// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/rows.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/door/argument_checks.hpp>
#include <seqpool/door/arguments.hpp>
#include <seqpool/door/head_checks.hpp>
#include <seqpool/door/tokens.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/head/head.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/pooling/mean.hpp>
#include <seqpool/scalar.hpp>

#include <unsupported/Eigen/CXX11/Tensor>

namespace seqpool::inline SEQPOOL_ABI {

/// Maps every real token by a head, in place of pooling: out[b, s] = head(x[b, s]), and 0 for padding.
///
///     const auto logits = seqpool::map_tokens(seqpool::Linear{weight, bias}, x, mask);  // [batch, seq, classes]
///
/// x, mask and device are those of `pool`. Padded tokens are never read. A token's bits depend only on the token.
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, seq, width]`,
/// row-major, of `accumulator_t`.
/// **Errors**: those of `pool` and of the head. `Spans` do not compile, as they may take a token twice.
/// **Cost**: the head's; allocates the result, and a block of 256 tokens where features do not lie side by side in
/// `accumulator_t`. On a device each run of real tokens is shared out separately.
/// **Source**: Transformers' ...ForTokenClassification, ColBERT.
template <class H, class X, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto map_tokens(const H& head, const X& x, const M& mask = {}, const D& device = {});

// ---------------------------------------------------------------------------------------------------------------------

template <class H, class X, class M, class D>
auto map_tokens(const H& head, const X& x, const M& mask, const D& device) {
  constexpr bool in_order = !Sequences<H> && !detail::EigenTensor<H>;
  static_assert(in_order, "seqpool: the head comes before the hidden states: map_tokens(head, x, mask, device).");
  if constexpr (!in_order) {
    return Eigen::Tensor<float, 3, Eigen::RowMajor>();  // so that no other error follows
  } else if constexpr (detail::are_arguments<Mean, X, M, D>() && detail::is_mask_of_rows<M>()) {
    using Seqs = detail::sequences_t<X>;
    using A = accumulator_t<typename Seqs::value_type>;
    Eigen::Tensor<A, 3, Eigen::RowMajor> result;
    if constexpr (detail::is_head<SomeHead<H>, Head<H, A>>()) {
      const Seqs& states = detail::sequences_of(x);
      const Index hidden = states.hidden(), width = static_cast<Index>(head.width(hidden));
      result.resize(states.batch(), states.seq(), width);
      result.setZero();
      detail::TokenReader<Seqs> reader(states);
      detail::for_each_run(states, mask, [&](Index, Index b, Run run) {
        const auto tokens = reader.read(b, run);
        A* const out = &result(b, run.begin, 0);
        seqpool::map_rows(head, Rows<const A>(tokens.data, tokens.rows, hidden, tokens.row_stride),
                          Rows<A>(out, tokens.rows, width, width), detail::device_of(mask, device));
        detail::make_canonical(out, tokens.rows * width);
      });
    }
    return result;
  } else {
    return Eigen::Tensor<float, 3, Eigen::RowMajor>();
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
