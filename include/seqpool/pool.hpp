// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_POOL_HPP
#define SEQPOOL_POOL_HPP

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/driver/row_pooler.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/input/hidden_states.hpp>
#include <seqpool/input/selection.hpp>

#include <concepts>
#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI {

namespace detail {

// Every selection and device that pool and pool_into take, brought to one call.
template <class P, class T, class S, class D>
void pool_rows(MatrixView<accumulator_t<T>> out, const P& pooling, const HiddenStates<T>& x, const S& selection,
               const D& device) {
  const Index width = static_cast<Index>(pooling.width(x.hidden()));
  if (out.rows != x.batch() || out.columns != width)
    fail("out is " + shape({out.rows, out.columns}) + ", but the result is [batch, width] = " +
         shape({x.batch(), width}) + " for hidden states " + shape({x.batch(), x.seq(), x.hidden()}));
  selection.check(x.batch(), x.seq());
  // Column-major hidden states hold one feature of the whole batch side by side, and without a mask all rows have the
  // same tokens: such a feature is pooled as a row would be.
  if constexpr (feature_wise<P> && std::same_as<S, AllTokens>)
    if (x.hidden_stride() != 1 && x.batch_stride() == 1 && x.batch() >= 4 && x.seq() > 0) {
      const MatrixView<accumulator_t<T>> columns{out.data, out.columns, out.rows, out.column_stride, out.row_stride};
      RowPooler<P, T, S>(columns, pooling, x.transposed(), selection).run(device);
      return;
    }
  RowPooler<P, T, S>(out, pooling, x, selection).run(device);
}

template <class T, class P>
void pool_rows_of(MatrixView<accumulator_t<T>> out, const P& pooling, const HiddenStates<T>& x) {
  pool_rows(out, pooling, x, select(x.seq()), CallingThread{});
}
template <class T, class P, class M>
void pool_rows_of(MatrixView<accumulator_t<T>> out, const P& pooling, const HiddenStates<T>& x, const M& mask) {
  if constexpr (Device<M>)
    pool_rows(out, pooling, x, select(x.seq()), mask);
  else
    pool_rows(out, pooling, x, select(x.seq(), mask), CallingThread{});
}
template <class T, class P, class M, class D>
void pool_rows_of(MatrixView<accumulator_t<T>> out, const P& pooling, const HiddenStates<T>& x, const M& mask,
                  const D& device) {
  static_assert(Device<D>,
                "seqpool: the last argument must be a device such as Eigen::ThreadPoolDevice (define "
                "EIGEN_USE_THREADS before the first Eigen include); a mask comes before it.");
  pool_rows(out, pooling, x, select(x.seq(), mask), device);
}

}  // namespace detail

/// Pools every row of `x` over its real tokens and writes to the caller's memory:
/// `pool_into(out, pooling, x)`, `pool_into(out, pooling, x, mask)`, and each with a device as last argument.
///
/// out[b] = finish(fold(x[b, t] for every real token t of row b)).
///
/// **Shapes**: out: `[batch, width]`, an Eigen tensor or map of rank 2, of either layout, of `accumulator_t`
/// of x's scalar; x: `[batch, seq, hidden]`; mask: `[batch, seq]` of 0 and 1 in any arithmetic type, or
/// `Lengths` `[batch]`; none means that every token is real. **Mask**: padded tokens are never read; a row
/// with no real token, or seq = 0, gives zeros. **Errors**: `std::invalid_argument`, before anything is
/// written, for sizes that do not fit, a mask value other than 0 or 1, a length over seq; what a pooling
/// throws in a worker thread is rethrown here. out must not overlap x.
/// **Complexity**: one read of the mask and of each real token. Allocates what two states of the pooling do (nothing
/// up to 4096 bytes of accumulators), and where tokens are packed one block of 256; nothing per row. With a device: the
/// same per range of rows handed to a thread, or, for fewer than four rows a thread, one state per block of 256 tokens.
/// Do not call it with a device from one of that device's own threads: Eigen's pool would wait for itself.
/// **Numerics**: a row's bits depend on its real tokens alone, not on its neighbours, on padding, on strides or
/// on threads: blocks are cut every 256 real tokens and merged in order.
template <class Out, class P, class X, class... MaskAndDevice>
void pool_into(Out&& out, const P& pooling, const X& x, const MaskAndDevice&... mask_and_device) {
  static_assert(sizeof...(MaskAndDevice) <= 2,
                "seqpool: pool_into takes (out, pooling, x), then a mask, a device, or a mask and a device.");
  const auto states = detail::view_hidden_states(x);
  using T = typename decltype(states)::value_type;
  static_assert(Pooling<P, T>,
                "seqpool: the pooling must model seqpool::Pooling: State<Scalar>, width, init, fold, merge and "
                "finish; see seqpool/fold/pooling.hpp. Built in: Cls{}, Last{}, Mean{}, Max{}, "
                "Attention{query}.");
  static_assert(detail::EigenTensorOfRank<std::remove_cvref_t<Out>, 2>,
                "seqpool: out must be [batch, width]: an Eigen::Tensor or Eigen::TensorMap of rank 2.");
  static_assert(std::is_same_v<decltype(out.data()), accumulator_t<T>*>,
                "seqpool: out must be writable and of the accumulator's scalar: double for double hidden "
                "states, float for float, Eigen::half and Eigen::bfloat16.");
  detail::pool_rows_of<T>(detail::matrix_view(out), pooling, states, mask_and_device...);
}

/// Pools every row of `x` over its real tokens: `pool(pooling, x)`, `pool(pooling, x, mask)`, and each with a
/// device as last argument.
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result:
/// `[batch, width]`, an `Eigen::Tensor` of x's layout and of `accumulator_t` of x's scalar. Mask, empty rows,
/// errors, complexity and numerics: `pool_into`. **Allocation**: the result, and what `pool_into` does.
template <class P, class X, class... MaskAndDevice>
auto pool(const P& pooling, const X& x, const MaskAndDevice&... mask_and_device) {
  const auto states = detail::view_hidden_states(x);
  using T = typename decltype(states)::value_type;
  auto out = detail::make_result<X, accumulator_t<T>>(states.batch(), Index{pooling.width(states.hidden())});
  pool_into(out, pooling, states, mask_and_device...);
  return out;
}

}  // namespace seqpool::inline SEQPOOL_ABI

#endif
