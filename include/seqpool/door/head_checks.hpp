// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/matrix.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/door/vector_checks.hpp>
#include <seqpool/scalar.hpp>

#include <cstddef>

namespace seqpool::inline SEQPOOL_ABI::detail {

// Each of these is true, or a compile error that says what to write instead.

// What H, a head, maps. The order is checked first: if arguments are swapped, neither is what it is taken for.
template <class H, class X> consteval bool are_vectors() {
  constexpr bool in_order = !EigenTensor<H> && !ViewOfVectors<H>, matrix = VectorsArgument<X>,
                 lawful = ScalarVectors<X>;
  static_assert(in_order,
                "seqpool: the head comes before the vectors: map(head, pooled, device), and map_into(out, head, "
                "pooled, device).");
  static_assert(matrix || !in_order,
                "seqpool: a head takes pooled vectors [batch, features], an Eigen tensor of rank 2 or "
                "seqpool::Vectors<T>(data, {batch, features}). Pool hidden states [batch, seq, hidden] first, or use "
                "seqpool::Classifier{pooling, heads...} or "
                "seqpool::Embedder{pooling, heads...}.");
  static_assert(lawful || !matrix || !in_order,
                "seqpool: a head takes pooled vectors of float, double, Eigen::half or Eigen::bfloat16.");
  return in_order && lawful;
}

// Whether it is a head at all, and a head for these vectors.
template <bool some_head, bool head> consteval bool is_head() {
  static_assert(some_head,
                "seqpool: the head must model seqpool::Head: width(features) and map(Rows<const A> in, Rows<A> out); "
                "see seqpool/head/head.hpp. Built in: Linear{weight, bias}, Dense{linear, activation}, "
                "LayerNorm{weight, bias}, Activate{activation}, Affine{scale, shift}, Normalize{}, KeepLargest{k}, "
                "Truncate{features}, Sequential{heads...}, AnyHead<A>.");
  static_assert(head || !some_head,
                "seqpool: a head and its input must accumulate in one type: a double weight for double input, a float, "
                "Eigen::half or Eigen::bfloat16 weight for all others.");
  return head;
}

// The sizes that a head's type states; Eigen::Dynamic if they are known only at run time.
struct HeadSizes {
  Index features = Eigen::Dynamic;
  Index width = Eigen::Dynamic;
};

template <class H> consteval HeadSizes sizes_of_head() {
  HeadSizes sizes;
  if constexpr (requires { Index{H::fixed_features}; }) sizes.features = H::fixed_features;
  if constexpr (requires { Index{H::fixed_width}; }) sizes.width = H::fixed_width;
  return sizes;
}

// The same for heads one after another: what the first takes and the last gives.
template <class... H> consteval HeadSizes sizes_of_heads() {
  const HeadSizes all[] = {HeadSizes{}, detail::sizes_of_head<H>()..., HeadSizes{}};
  return {all[1].features, all[sizeof...(H)].width};
}

// Whether x has as many features as the head's type states, and a device follows it.
template <class H, class X, class D> consteval bool is_mapped() {
  constexpr bool fits = detail::sizes_agree(sizes_of_head<H>().features, static_sizes<X>()[1]);
  static_assert(fits,
                "seqpool: a head gets vectors of other than its features: a Linear's weight is [out, in] and its input "
                "[batch, in], and the width of a head is the features of the next.");
  return detail::is_device_at_the_end<D>() && fits;
}

// Whether each head's width is the next one's features, as far as their types state it.
template <class... H> consteval bool heads_fit() {
  const HeadSizes all[] = {HeadSizes{}, detail::sizes_of_head<H>()...};
  for (std::size_t i = 0; i < sizeof...(H); ++i)
    if (!detail::sizes_agree(all[i].width, all[i + 1].features)) return false;
  return true;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
