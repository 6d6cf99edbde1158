// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/input/attention_mask.hpp>
#include <seqpool/input/hidden_states.hpp>
#include <seqpool/input/selection.hpp>
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

// A selection that says how many sequences it is for, as a mask and lengths do, is about padding.
template <class M> inline constexpr bool is_mask = EigenTensor<M> || requires(const M& mask) { mask.batch(); };

// The selection that a mask, which passed `is_selection`, stands for: the caller's own, or a value that a reference
// keeps.
template <class M> decltype(auto) selection_of(const M& mask) {
  if constexpr (Device<M>)
    return AllTokens{};
  else if constexpr (Selection<M>)
    return (mask);
  else
    return AttentionMask(mask);
}

// The device: the last argument, or the one in the mask's place.
template <class M, class D> const auto& device_of(const M& mask, const D& device) {
  if constexpr (Device<M>)
    return mask;
  else
    return device;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
