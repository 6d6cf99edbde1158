// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_DRIVER_ARGUMENTS_HPP
#define SEQPOOL_DRIVER_ARGUMENTS_HPP

#include <seqpool/detail/tensor.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/input/attention_mask.hpp>
#include <seqpool/input/hidden_states.hpp>
#include <seqpool/input/packed_states.hpp>
#include <seqpool/input/ragged.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/scalar.hpp>

#include <type_traits>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::detail {

// The one door for hidden states: whatever came in leaves as Sequences, or does not compile.
template <class X>
decltype(auto) sequences_of(const X& x) {
  if constexpr (Sequences<X>) {
    return (x);
  } else if constexpr (EigenTensorOfRank<X, 3>) {
    static_assert(Scalar<element_t<X>>,
                  "seqpool: hidden states [batch, seq, hidden] must be of float, double, Eigen::half or "
                  "Eigen::bfloat16; convert others first, for example with x.template cast<float>().eval().");
    return HiddenStates(x);
  } else if constexpr (EigenTensor<X>) {
    static_assert(!EigenTensor<X>,
                  "seqpool: pooling takes hidden states [batch, seq, hidden], a tensor of rank 3. Flattening "
                  "them to [batch, seq*hidden] ties weights to positions and destroys token order; keep the "
                  "three dimensions, and view one sequence [seq, hidden] as [1, seq, hidden].");
    return HiddenStates<float>(nullptr, {0, 0, 0});
  } else {
    static_assert(EigenTensor<X>,
                  "seqpool: pooling takes hidden states [batch, seq, hidden]: an Eigen::Tensor or "
                  "Eigen::TensorMap of rank 3, or seqpool::HiddenStates<T>(data, {batch, seq, hidden}). "
                  "Evaluate an Eigen expression into a tensor first.");
    return HiddenStates<float>(nullptr, {0, 0, 0});
  }
}

template <class X>
using sequences_t = std::remove_cvref_t<decltype(detail::sequences_of(std::declval<const X&>()))>;

// Whether padding is a part of the sequences, so that a mask makes sense.
template <class X>
inline constexpr bool has_padding = true;
template <class T>
inline constexpr bool has_padding<PackedStates<T>> = false;
template <class T>
inline constexpr bool has_padding<Ragged<T>> = false;

// A selection that says how many sequences it is for, as a mask and lengths do, is about padding.
template <class M>
inline constexpr bool is_mask = EigenTensor<M> || requires(const M& mask) {
  mask.batch();
};

// f(selection) with the selection that a mask stands for.
template <class X, class M, class F>
decltype(auto) with_selection(const M& mask, F f) {
  static_assert(has_padding<X> || Device<M> || !is_mask<M>,
                "seqpool: packed and ragged sequences have no padding, so they take no mask and no lengths; leave it "
                "out, or pass seqpool::Spans or seqpool::skip_prefix(seqpool::AllTokens{}, counts).");
  if constexpr (Device<M>) {
    return f(AllTokens{});
  } else if constexpr (Selection<M>) {
    return f(mask);
  } else if constexpr (EigenTensorOfRank<M, 2>) {
    static_assert(MaskScalar<element_t<M>>, "seqpool: an attention mask [batch, seq] must hold numbers or bool.");
    return f(AttentionMask(mask));
  } else {
    static_assert(
        Selection<M>,
        "seqpool: the argument after the hidden states must be an attention mask [batch, seq] (an Eigen tensor "
        "of rank 2, or seqpool::AttentionMask(data, {batch, seq}) for a pointer), seqpool::Lengths(lengths) for a "
        "vector of lengths, seqpool::Spans, or a device such as Eigen::ThreadPoolDevice; a mask comes before the "
        "device. Evaluate an Eigen expression into a tensor first.");
    return f(AllTokens{});
  }
}

// The device: the last argument, or the one in the mask's place.
template <class M, class D>
const auto& device_of(const M& mask, const D& device) {
  if constexpr (Device<M>) {
    static_assert(std::is_same_v<D, CallingThread>,
                  "seqpool: a device came before another argument; a mask comes before the device, which is the last.");
    return mask;
  } else {
    static_assert(Device<D> || std::is_same_v<D, CallingThread>,
                  "seqpool: the last argument must be a device such as Eigen::ThreadPoolDevice (define "
                  "EIGEN_USE_THREADS before the first Eigen include); a mask comes before it.");
    return device;
  }
}

// The pooling stands before the hidden states.
template <class P, class X>
consteval void require_order() {
  static_assert(!(EigenTensor<P> || Sequences<P>),
                "seqpool: the pooling comes first, the hidden states second: pool(Mean{}, x, mask, device).");
}

template <class P, class T>
consteval void require_pooling() {
  static_assert(Pooling<P, T>,
                "seqpool: the pooling must model seqpool::Pooling: State<T>, width, init, fold, merge and finish; see "
                "seqpool/fold/pooling.hpp. Built in: Cls{}, Last{}, Mean{}, Max{}, Min{}, Sum{}, MeanSqrtLen{}, "
                "WeightedMean{}, TokenWeightedMean{weights}, Attention{query}, Concat{poolings...}. A query or weights "
                "must accumulate in the type of the "
                "hidden states: of double for double, of float, Eigen::half or Eigen::bfloat16 for all others.");
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail

#endif
