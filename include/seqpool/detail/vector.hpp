// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_DETAIL_VECTOR_HPP
#define SEQPOOL_DETAIL_VECTOR_HPP

#include <seqpool/detail/tensor.hpp>
#include <seqpool/fold/accumulators.hpp>
#include <seqpool/scalar.hpp>

#include <cstddef>
#include <ranges>

namespace seqpool::inline SEQPOOL_ABI::detail {

// What a parameter of one dimension may be handed over as: an Eigen tensor of rank 1, an Eigen vector, or a
// contiguous range.
template <class V>
concept EigenVector = requires(const V& v) {
  typename V::Scalar;
  requires bool(V::IsVectorAtCompileTime);
  v.size();
  v(0);
};

template <class V>
concept VectorLike = EigenTensorOfRank<V, 1> || EigenVector<V> || std::ranges::contiguous_range<V>;

template <class V>
struct VectorScalar {};
template <class V>
requires(EigenTensorOfRank<V, 1> || EigenVector<V>) struct VectorScalar<V> {
  using type = element_t<V>;
};
template <std::ranges::contiguous_range V>
requires(!EigenTensorOfRank<V, 1> && !EigenVector<V>) struct VectorScalar<V> {
  using type = std::ranges::range_value_t<V>;
};
template <class V>
using vector_scalar_t = typename VectorScalar<V>::type;

// A copy in the accumulator's type. Element by element, so that an Eigen vector may have any stride.
template <VectorLike V>
auto widened(const V& v) {
  using T = vector_scalar_t<V>;
  AlignedVector<accumulator_t<T>> copy;
  if constexpr (EigenTensorOfRank<V, 1> || EigenVector<V>) {
    copy.reserve(static_cast<std::size_t>(v.size()));
    for (Index i = 0; i < static_cast<Index>(v.size()); ++i) copy.push_back(widen(v(i)));
  } else {
    for (const T value : v) copy.push_back(widen(value));
  }
  return copy;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail

#endif
