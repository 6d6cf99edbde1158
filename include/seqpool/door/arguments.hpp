// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/input/attention_mask.hpp>
#include <seqpool/input/concat_layers.hpp>
#include <seqpool/input/hidden_states.hpp>
#include <seqpool/input/layer_mix.hpp>
#include <seqpool/input/packed_states.hpp>
#include <seqpool/input/ragged.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/input/weighted_states.hpp>
#include <seqpool/scalar.hpp>

#include <type_traits>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::detail {

// The one door for hidden states: whatever came in, and passed `are_hidden_states`, leaves as Sequences.
template <class X> decltype(auto) sequences_of(const X& x) {
  if constexpr (Sequences<X>)
    return (x);
  else
    return HiddenStates(x);
}

template <class X> using sequences_t = std::remove_cvref_t<decltype(detail::sequences_of(std::declval<const X&>()))>;

// Whether padding is a part of the sequences, so that a mask makes sense.
template <class X> inline constexpr bool has_padding = true;
template <class T> inline constexpr bool has_padding<PackedStates<T>> = false;
template <class T> inline constexpr bool has_padding<Ragged<T>> = false;
template <class X> inline constexpr bool has_padding<LayerMix<X>> = has_padding<X>;
template <class X> inline constexpr bool has_padding<ConcatLayers<X>> = has_padding<X>;
template <class X, class W> inline constexpr bool has_padding<WeightedStates<X, W>> = has_padding<X>;
template <class X, class W> inline constexpr bool has_padding<TokenWeights<X, W>> = has_padding<X>;

// A selection that says how many sequences it is for, as a mask and lengths do, is about padding.
template <class M> inline constexpr bool is_mask = EigenTensor<M> || requires(const M& mask) { mask.batch(); };

// f(selection) with the selection that a mask, which passed `is_selection`, stands for.
template <class M, class F> decltype(auto) with_selection([[maybe_unused]] const M& mask, F f) {
  if constexpr (Device<M>)
    return f(AllTokens{});
  else if constexpr (Selection<M>)
    return f(mask);
  else
    return f(AttentionMask(mask));
}

// The device: the last argument, or the one in the mask's place.
template <class M, class D> const auto& device_of([[maybe_unused]] const M& mask, [[maybe_unused]] const D& device) {
  if constexpr (Device<M>)
    return mask;
  else
    return device;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
