// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/door/argument_checks.hpp>
#include <seqpool/door/arguments.hpp>
#include <seqpool/door/overlap.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/driver/row_pooler.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/scalar.hpp>

namespace seqpool::inline SEQPOOL_ABI {

// What holds for every function that pools:
//
// - `x` is hidden states `[batch, seq, hidden]`: an Eigen::Tensor or Eigen::TensorMap of rank 3 in either layout,
//   `HiddenStates`, `PackedStates`, `Ragged`, or any other `Sequences`.
// - `mask` is an attention mask `[batch, seq]` of 0 and 1 in any arithmetic type (an Eigen tensor of rank 2, or
//   `AttentionMask`), `Lengths`, `Spans`, what `skip_prefix` makes, or any other `Selection`. Without one every token
//   is real. Packed and ragged sequences have no padding and take no mask.
// - `device` is an Eigen::ThreadPoolDevice or any other `Device`; without one the calling thread does all the work. It
//   may take the mask's place: `mean_pool(x, device)`. On one of the device's own threads, in a task of its pool, the
//   calling thread does all the work, if the device says which threads are its own (`currentThreadId()`; Eigen's does).
// - Padded tokens are never read. A row with no real token, or seq = 0, gives zeros; batch = 0 gives `[0, width]`.
// - Sizes that do not fit, mask values other than 0 and 1, lengths over seq, null pointers and results that would be
//   written over tokens throw `std::invalid_argument`, before anything is written. What a pooling throws in a worker
//   thread is thrown again in the caller's thread.
// - Each real token is read once. Inputs are never written; nothing is allocated for each row.
// - A row's bits depend only on its real tokens, not on its neighbours, padding, strides or threads. Any NaN in a
//   result is the one quiet NaN of its type, whatever NaN it came from.

/// Pools every row of `x` over its real tokens: out[b] = finish(fold(x[b, t] for every real token t of row b)).
///
///     seqpool::pool(seqpool::Mean{}, x);
///     seqpool::pool(seqpool::Mean{}, x, mask);
///     seqpool::pool(seqpool::Mean{}, x, mask, device);
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, width]`, or
/// `[spans, width]` for `Spans`: an `Eigen::Tensor` of `result_t`, with x's layout and index type, or row-major if x is
/// not a tensor. `result_t` is double for double, and float for float, half and bfloat16.
/// **Cost**: reads the mask and each real token once. Allocates the result and what `pool_into` allocates.
template <class P, class X, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto pool(const P& pooling, const X& x, const M& mask = {}, const D& device = {});

/// Pools into the caller's memory, which must not overlap x or a layer that x is made of: an overlap is refused.
///
/// **Shapes**: out: `[batch, width]`, or `[spans, width]` for `Spans`: an Eigen tensor or map of rank 2, in either
/// layout, of `result_t`; the others as in `pool`.
/// **Cost**: allocates what two states of the pooling allocate (nothing up to 4096 bytes of accumulators), and a block
/// of 256 tokens if tokens are packed. With a device, it allocates this for each range of rows that a thread takes, or,
/// with fewer than four rows per thread, at most 64 states per thread.
template <class Out, class P, class X, class M = AllTokens, class D = CallingThread>
void pool_into(Out&& out, const P& pooling, const X& x, const M& mask = {}, const D& device = {});

// ---------------------------------------------------------------------------------------------------------------------

template <class P, class X, class M, class D> auto pool(const P& pooling, const X& x, const M& mask, const D& device) {
  if constexpr (detail::are_arguments<P, X, M, D>()) {
    using Seqs = detail::sequences_t<X>;
    const Seqs& sequences = detail::sequences_of(x);
    const auto& selection = detail::selection_of(mask);
    const detail::RowPooler pooler(pooling, sequences, selection);
    auto out = detail::make_result<X, result_t<P, typename Seqs::value_type>>(pooler.rows(), pooler.width());
    pooler.run(detail::matrix_view(out, "the result"), detail::device_of(mask, device));
    return out;
  } else {
    return detail::refused<X>();
  }
}

template <class Out, class P, class X, class M, class D>
void pool_into(Out&& out, const P& pooling, const X& x, const M& mask, const D& device) {
  if constexpr (detail::are_arguments<P, X, M, D>()) {
    using Seqs = detail::sequences_t<X>;
    if constexpr (detail::is_result<Out, result_t<P, typename Seqs::value_type>>()) {
      const Seqs& sequences = detail::sequences_of(x);
      const auto view = detail::matrix_view(out, "out");
      const auto& selection = detail::selection_of(mask);
      const detail::RowPooler pooler(pooling, sequences, selection);
      detail::check_result(view, pooler.rows(), pooler.width(), "hidden states",
                           {sequences.batch(), sequences.seq(), sequences.hidden()});
      detail::check_apart(view, sequences);
      pooler.run(view, detail::device_of(mask, device));
    }
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
