// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/door/arguments.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/input/attention_mask.hpp>
#include <seqpool/input/hidden_states.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/scalar.hpp>

#include <ranges>
#include <type_traits>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::detail {

// Each of these is true, or a compile error that says what to write instead: one for each mistake, and no other error
// after it, because what a function does with its arguments is compiled only if all of them are lawful.

// Has rows and columns as an Eigen matrix does, and no more dimensions.
template <class X>
concept MatrixArgument = requires(const X& x) {
  x.rows();
  x.cols();
};

template <class X> consteval bool are_hidden_states() {
  constexpr bool lawful = Sequences<X> || EigenTensorOfRank<X, 3>;
  if constexpr (EigenTensorOfRank<X, 3> && !Sequences<X>) {
    static_assert(Scalar<element_t<X>>,
                  "seqpool: hidden states [batch, seq, hidden] must be of float, double, Eigen::half or "
                  "Eigen::bfloat16; convert others first, for example with x.template cast<float>().eval().");
    return Scalar<element_t<X>>;
  } else if constexpr (EigenTensorOfRank<X, 2>) {
    static_assert(lawful,
                  "seqpool: pooling takes hidden states [batch, seq, hidden], a tensor of rank 3. Flattening "
                  "them to [batch, seq*hidden] ties weights to positions and destroys token order; keep the "
                  "three dimensions, and view one sequence [seq, hidden] as [1, seq, hidden].");
  } else if constexpr (EigenTensor<X>) {
    static_assert(lawful,
                  "seqpool: pooling takes hidden states [batch, seq, hidden], a tensor of rank 3, and this one has "
                  "another rank. Take one layer out of several into a tensor of its own, for example with "
                  "Eigen::Tensor<float, 3>(x.chip(layer, 0)), or view the memory with "
                  "seqpool::HiddenStates<T>(data, {batch, seq, hidden}).");
  } else if constexpr (TensorExpression<X>) {
    static_assert(lawful,
                  "seqpool: pooling takes hidden states [batch, seq, hidden] that lie in memory. Evaluate an Eigen "
                  "expression into a tensor first, and an Eigen::TensorRef too: Eigen::Tensor<float, 3> x = ...");
  } else if constexpr (std::is_pointer_v<X> || std::ranges::contiguous_range<X>) {
    static_assert(lawful,
                  "seqpool: pooling takes hidden states [batch, seq, hidden], and a pointer, a vector or an array does "
                  "not know these sizes: view it with seqpool::HiddenStates<T>(data, {batch, seq, hidden}).");
  } else if constexpr (MatrixArgument<X>) {
    static_assert(lawful,
                  "seqpool: pooling takes hidden states [batch, seq, hidden], and an Eigen matrix has two dimensions. "
                  "View one sequence [seq, hidden] with seqpool::HiddenStates<T>(m.data(), {1, seq, hidden}) if it is "
                  "row-major, and with the strides {seq * hidden, 1, seq} behind the sizes if it is column-major, "
                  "which is Eigen's default.");
  } else {
    static_assert(lawful,
                  "seqpool: pooling takes hidden states [batch, seq, hidden]: an Eigen::Tensor or Eigen::TensorMap of "
                  "rank 3, seqpool::HiddenStates<T>(data, {batch, seq, hidden}), seqpool::PackedStates, "
                  "seqpool::Ragged, or your own seqpool::Sequences.");
  }
  return lawful;
}

template <class P, class T> consteval bool is_pooling() {
  static_assert(SomePooling<P>,
                "seqpool: the pooling must model seqpool::Pooling: State<T>, width, init, fold, merge and finish; see "
                "seqpool/fold/pooling.hpp. Built in are Cls{}, Last{}, Mean{}, Max{}, Attention{query}, "
                "Concat{poolings...} and all others in seqpool/pooling. It comes before the hidden states: "
                "pool(Mean{}, x, mask, device).");
  if constexpr (SomePooling<P>)
    static_assert(
        Pooling<P, T>,
        "seqpool: this pooling does not take hidden states of this scalar. A query or weights must accumulate "
        "in the type of the hidden states: of double for double, of float, Eigen::half or Eigen::bfloat16 "
        "for all others; an AnyPooling<T> takes hidden states of its own T. Convert one of the two.");
  return Pooling<P, T>;
}

template <class X, class M> consteval bool is_selection() {
  constexpr bool lawful = Device<M> || Selection<M> || EigenTensorOfRank<M, 2>;
  if constexpr (!has_padding<X> && !Device<M> && is_mask<M>) {
    static_assert(has_padding<X>,
                  "seqpool: packed and ragged sequences have no padding, so they take no mask and no lengths; leave it "
                  "out, or pass seqpool::Spans or seqpool::skip_prefix(seqpool::AllTokens{}, counts).");
    return false;
  } else if constexpr (EigenTensorOfRank<M, 2> && !Device<M> && !Selection<M>) {
    static_assert(MaskScalar<element_t<M>>,
                  "seqpool: an attention mask [batch, seq] must hold numbers or bool, 1 for a real token and 0 for a "
                  "padded one, in any arithmetic type, Eigen::half or Eigen::bfloat16.");
    return MaskScalar<element_t<M>>;
  } else if constexpr (IntegerVector<M>) {
    static_assert(lawful,
                  "seqpool: the argument after the hidden states must be an attention mask [batch, seq], and a vector "
                  "of integers may mean two things: write seqpool::Lengths(lengths) for lengths [batch], and "
                  "seqpool::AttentionMask(data, {batch, seq}) for mask values that lie one behind the other.");
  } else if constexpr (EigenTensor<M>) {
    static_assert(lawful,
                  "seqpool: an attention mask is [batch, seq], a tensor of rank 2, and this one has another rank. View "
                  "one of [batch, 1, seq] or [batch, seq, 1] without its dimension of size 1, with "
                  "seqpool::AttentionMask(data, {batch, seq}).");
  } else if constexpr (TensorExpression<M>) {
    static_assert(lawful,
                  "seqpool: an attention mask [batch, seq] must lie in memory. Evaluate an Eigen expression into a "
                  "tensor first, and an Eigen::TensorRef too: Eigen::Tensor<bool, 2> mask = ...");
  } else if constexpr (std::is_pointer_v<M>) {
    static_assert(lawful,
                  "seqpool: the argument after the hidden states must be an attention mask [batch, seq], and a pointer "
                  "does not know these sizes: write seqpool::AttentionMask(data, {batch, seq}). A device is passed by "
                  "reference, *device.");
  } else if constexpr (std::ranges::range<M>) {
    static_assert(
        lawful,
        "seqpool: the argument after the hidden states must be an attention mask [batch, seq], and this range "
        "does not know these sizes: view its values with seqpool::AttentionMask(data, {batch, seq}), and "
        "copy a std::vector<bool>, which holds bits, into an Eigen::Tensor<bool, 2> or a "
        "std::vector<std::uint8_t> first.");
  } else if constexpr (MatrixArgument<M>) {
    static_assert(lawful,
                  "seqpool: the argument after the hidden states must be an attention mask [batch, seq], an Eigen "
                  "tensor of rank 2. View an Eigen matrix with seqpool::AttentionMask(m.data(), {batch, seq}) if it is "
                  "row-major, and with the strides {1, batch} behind the sizes if it is column-major, which is Eigen's "
                  "default.");
  } else {
    static_assert(
        lawful,
        "seqpool: the argument after the hidden states must be an attention mask [batch, seq] (an Eigen tensor of rank "
        "2, or seqpool::AttentionMask(data, {batch, seq})), seqpool::Lengths(lengths), seqpool::Spans, another "
        "seqpool::Selection, or a device such as Eigen::ThreadPoolDevice; a mask comes before the device.");
  }
  return lawful;
}

template <class M, class D> consteval bool is_device() {
  constexpr bool none = std::is_same_v<D, CallingThread>;
  if constexpr (Device<M>) {
    static_assert(none,
                  "seqpool: a device came before another argument; a mask comes before the device, which is the last.");
    return none;
  } else if constexpr (is_mask<D> || Selection<D>) {
    static_assert(Device<D>,
                  "seqpool: the last argument must be a device, and here it is a mask or another selection; that comes "
                  "before the device, directly after the hidden states, and there is one of them.");
  } else {
    static_assert(Device<D> || none,
                  "seqpool: the last argument must be a device such as Eigen::ThreadPoolDevice (define "
                  "EIGEN_USE_THREADS before the first Eigen include), with numThreads() and parallelFor(n, cost, f); "
                  "a thread pool is no device, but Eigen::ThreadPoolDevice(&pool, threads) is one.");
  }
  return Device<D> || none;
}

// For pool_into: memory for results of `Element`.
template <class Out, class Element> consteval bool is_result() {
  constexpr bool is_tensor = EigenTensorOfRank<std::remove_cvref_t<Out>, 2>;
  static_assert(is_tensor, "seqpool: out must be [batch, width]: an Eigen::Tensor or Eigen::TensorMap of rank 2.");
  if constexpr (is_tensor) {
    using Found = std::remove_pointer_t<decltype(std::declval<Out&>().data())>;
    constexpr bool is_element = std::is_same_v<std::remove_const_t<Found>, Element>;
    static_assert(is_element,
                  "seqpool: out must be of the result's scalar: double for double hidden states, float for float, "
                  "Eigen::half and Eigen::bfloat16, or what the pooling says.");
    if constexpr (is_element)
      static_assert(
          !std::is_const_v<Found>,
          "seqpool: out must be writable: an Eigen::Tensor that is not const, or an Eigen::TensorMap of one.");
    return is_element && !std::is_const_v<Found>;
  } else {
    return false;
  }
}

// Whether the arguments of pool fit. The order is checked first: if arguments are swapped, neither is what it is taken
// for.
template <class P, class X, class M, class D> consteval bool are_arguments() {
  if constexpr (Sequences<P> || EigenTensor<P> || TensorExpression<P>) {
    static_assert(!std::is_same_v<P, P>,
                  "seqpool: the pooling comes before the hidden states: pool(Mean{}, x, mask, device), and "
                  "pool_into(out, Mean{}, x, mask, device).");
    return false;
  } else if constexpr (EigenTensorOfRank<X, 2> && (EigenTensorOfRank<M, 3> || Sequences<M>)) {
    static_assert(!std::is_same_v<X, X>,
                  "seqpool: the hidden states [batch, seq, hidden] come before the mask [batch, seq]: write x, mask.");
    return false;
  } else if constexpr (!detail::are_hidden_states<X>()) {
    return false;
  } else if constexpr (!detail::is_pooling<P, typename sequences_t<X>::value_type>()) {
    return false;
  } else if constexpr (!detail::is_selection<sequences_t<X>, M>()) {
    return false;
  } else {
    return detail::is_device<M, D>();
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
