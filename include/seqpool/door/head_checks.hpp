// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/matrix.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/scalar.hpp>

#include <cstddef>

namespace seqpool::inline SEQPOOL_ABI::detail {

// Each of these is true, or a sentence that says what to write instead.

// What H, a head, maps. The order comes first: of swapped arguments neither is what it is taken for.
template <class H, class X> consteval bool are_vectors() {
  static_assert(!EigenTensor<H>,
                "seqpool: the head comes before the vectors: map(head, pooled, device), and map_into(out, head, "
                "pooled, device).");
  static_assert(EigenTensor<H> || EigenTensorOfRank<X, 2>,
                "seqpool: a head takes pooled vectors [batch, features], an Eigen tensor of rank 2. Pool hidden states "
                "[batch, seq, hidden] first, or use seqpool::Classifier{pooling, heads...} or "
                "seqpool::Embedder{pooling, heads...}.");
  if constexpr (!EigenTensor<H> && EigenTensorOfRank<X, 2>) {
    static_assert(Scalar<element_t<X>>,
                  "seqpool: a head takes pooled vectors of float, double, Eigen::half or Eigen::bfloat16.");
    return Scalar<element_t<X>>;
  } else {
    return false;
  }
}

// A head for anything, and a head for these vectors.
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

// Sizes that a head's type states, Eigen::Dynamic where they are known at run time only.
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

// The same of heads one after the other: what the first takes and the last gives.
template <class... H> consteval HeadSizes sizes_of_heads() {
  const HeadSizes all[] = {HeadSizes{}, detail::sizes_of_head<H>()..., HeadSizes{}};
  return {all[1].features, all[sizeof...(H)].width};
}

// Whether as many features come as the head's type states.
template <Index features, Index found> consteval bool features_fit() {
  static_assert(detail::sizes_agree(features, found),
                "seqpool: a head gets vectors of other than its features: a Linear's weight is [out, in] and its input "
                "[batch, in], and the width of a head is the features of the next.");
  return detail::sizes_agree(features, found);
}

// Whether each head's width is the next one's features, as far as their types state it.
template <class... H> consteval bool heads_fit() {
  const HeadSizes all[] = {HeadSizes{}, detail::sizes_of_head<H>()...};
  for (std::size_t i = 0; i < sizeof...(H); ++i)
    if (!detail::sizes_agree(all[i].width, all[i + 1].features)) return false;
  return true;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
