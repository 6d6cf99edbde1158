// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/scalar.hpp>

#include <concepts>
#include <cstddef>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::detail {

// The types in which a parameter of one dimension may be handed over: an Eigen tensor of rank 1, an Eigen vector, or a
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

template <class V> struct VectorScalar {};
template <class V>
  requires(EigenTensorOfRank<V, 1> || EigenVector<V>)
struct VectorScalar<V> {
  using type = element_t<V>;
};
template <std::ranges::contiguous_range V>
  requires(!EigenTensorOfRank<V, 1> && !EigenVector<V>)
struct VectorScalar<V> {
  using type = std::ranges::range_value_t<V>;
};
template <class V> using vector_scalar_t = typename VectorScalar<V>::type;

// For deduction guides, which leave it to the constructor to say what V should have been.
template <class V>
using guide_scalar_t = typename std::conditional_t<VectorLike<V>, VectorScalar<V>, std::type_identity<float>>::type;

template <class V>
concept IntegerVector = VectorLike<V> && std::integral<vector_scalar_t<V>> && !std::same_as<vector_scalar_t<V>, bool>;

template <class V>
concept ScalarVector = VectorLike<V> && Scalar<vector_scalar_t<V>>;

template <class V, class T>
concept VectorOf = VectorLike<V> && std::same_as<vector_scalar_t<V>, T>;

template <VectorLike V> std::size_t size_of(const V& v) {
  if constexpr (EigenTensorOfRank<V, 1> || EigenVector<V>)
    return static_cast<std::size_t>(v.size());
  else
    return static_cast<std::size_t>(std::ranges::size(v));
}

// Throws if v has elements but no memory for them.
template <VectorLike V> void check_vector(const V& v) {
  const auto is_null = [&] {
    if constexpr (requires { v.data(); })
      return v.data() == nullptr;
    else
      return false;  // an expression
  };
  if (detail::size_of(v) > 0 && is_null())
    detail::fail({"a vector of ", detail::size_of(v), " elements has a null pointer"});
}

// Calls f(element) for each element, one by one, so an Eigen vector may have any stride. An expression is computed
// first.
template <VectorLike V, class F> void for_each_element(const V& v, F f) {
  detail::check_vector(v);
  if constexpr (EigenVector<V> && !EigenTensorOfRank<V, 1> && !requires { v.data(); })
    detail::for_each_element(v.eval(), f);
  else if constexpr (EigenTensorOfRank<V, 1> || EigenVector<V>)
    for (Index i = 0; i < static_cast<Index>(v.size()); ++i) f(v(static_cast<decltype(v.size())>(i)));
  else
    for (const auto& element : v) f(element);
}

// A copy in the accumulator's type.
template <ScalarVector V> auto widened(const V& v) {
  AlignedVector<accumulator_t<vector_scalar_t<V>>> copy;
  copy.reserve(detail::size_of(v));
  detail::for_each_element(v, [&](const auto& element) { copy.push_back(widen(element)); });
  return copy;
}

// A copy as `Index`. Each number must be 0 or more; if one is not, `refuse(i, text of the number)` throws.
template <IntegerVector V, class Refuse> std::vector<Index> indices(const V& v, Refuse refuse) {
  std::vector<Index> copy;
  copy.reserve(detail::size_of(v));
  detail::for_each_element(v, [&](auto element) {
    const auto number = +element;  // also for a character type
    if (std::cmp_less(number, 0) || !std::in_range<Index>(number)) refuse(copy.size(), detail::number_text(number));
    copy.push_back(static_cast<Index>(number));
  });
  return copy;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
