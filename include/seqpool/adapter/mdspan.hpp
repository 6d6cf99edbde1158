// SPDX-License-Identifier: MIT
#pragma once

// std::mdspan, that of Kokkos or CUDA, or any with their interface: hidden_states(span) and mask(span). The type says
// what it holds, so you name nothing, and what does not fit does not compile.
//
//     const std::mdspan states(data, batch, seq, hidden), ids_mask(ones, batch, seq);
//     seqpool::mean_pool(seqpool::adapter::hidden_states(states), seqpool::adapter::mask(ids_mask));
#include <seqpool/detail/tensor.hpp>
#include <seqpool/input/attention_mask.hpp>
#include <seqpool/input/hidden_states.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::adapter {

/// An mdspan: the standard library's, Kokkos', CUDA's, or any with their members.
template <class S>
concept MdSpan = requires(const S& span, std::size_t dimension) {
  typename S::element_type;
  typename S::extents_type;
  typename S::data_handle_type;
  typename S::reference;
  { S::rank() } -> std::convertible_to<std::size_t>;
  { S::is_always_strided() } -> std::same_as<bool>;
  { span.extent(dimension) } -> std::convertible_to<Index>;
  { span.stride(dimension) } -> std::convertible_to<Index>;
  { span.data_handle() } -> std::same_as<const typename S::data_handle_type&>;
};

/// The hidden states that an mdspan shows, as a `HiddenStates<T>` of its elements, which may be const.
///
/// **Shapes**: span: `[batch, seq, hidden]`; its strides are kept.
/// **Errors**: those of `HiddenStates`. Another rank, other elements, a layout that may have no strides (layout_left,
/// layout_right and layout_stride have them) and an accessor that computes elements do not compile.
/// **Cost**: copies sizes and strides, and nothing else.
template <MdSpan S> [[nodiscard]] auto hidden_states(const S& span);

/// The attention mask that an mdspan shows, as an `AttentionMask<M>` of its elements.
///
/// **Shapes**: span: `[batch, seq]`; its strides are kept.
/// **Errors**: as for `hidden_states`, and those of `AttentionMask`.
/// **Cost**: copies sizes and strides, and nothing else.
template <MdSpan S> [[nodiscard]] auto mask(const S& span);

// ---------------------------------------------------------------------------------------------------------------------

namespace detail {

template <MdSpan S> constexpr bool has_memory() {
  constexpr bool plain = std::same_as<typename S::data_handle_type, typename S::element_type*> &&
                         std::same_as<typename S::reference, typename S::element_type&>;
  static_assert(S::is_always_strided(),
                "seqpool: an mdspan needs a layout that always has strides, such as layout_right, layout_left or "
                "layout_stride; copy one of another layout first.");
  static_assert(plain,
                "seqpool: an mdspan needs an accessor whose elements lie in memory, such as default_accessor; copy "
                "what another one computes first.");
  return plain && S::is_always_strided();
}

template <class View, MdSpan S, std::size_t... i> View view_of_mdspan(const S& span, std::index_sequence<i...>) {
  return View(span.data_handle(), {span.extent(i)...}, {span.stride(i)...});
}

}  // namespace detail

template <MdSpan S> auto hidden_states([[maybe_unused]] const S& span) {
  using T = std::remove_cv_t<typename S::element_type>;
  static_assert(S::rank() == 3, "seqpool: hidden states are an mdspan of rank 3, [batch, seq, hidden].");
  static_assert(Scalar<T>, "seqpool: hidden states are an mdspan of float, double, Eigen::half or Eigen::bfloat16.");
  if constexpr (detail::has_memory<S>() && S::rank() == 3 && Scalar<T>)
    return detail::view_of_mdspan<HiddenStates<T>>(span, std::make_index_sequence<3>());
  else
    return HiddenStates<seqpool::detail::lawful_t<T>>(nullptr, {0, 0, 0});  // so that no other error follows
}

template <MdSpan S> auto mask([[maybe_unused]] const S& span) {
  using M = std::remove_cv_t<typename S::element_type>;
  static_assert(S::rank() == 2, "seqpool: an attention mask is an mdspan of rank 2, [batch, seq].");
  static_assert(MaskScalar<M>,
                "seqpool: an attention mask is an mdspan of an arithmetic type, Eigen::half or Eigen::bfloat16.");
  if constexpr (detail::has_memory<S>() && S::rank() == 2 && MaskScalar<M>)
    return detail::view_of_mdspan<AttentionMask<M>>(span, std::make_index_sequence<2>());
  else
    return AttentionMask<bool>(nullptr, {0, 0});
}

}  // namespace seqpool::inline SEQPOOL_ABI::adapter
