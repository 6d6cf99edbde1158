// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/scalar.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::detail {

// What converts by itself to an integer of any type: 3, vector.size(), an enumerator.
template <class I>
concept SizeNumber = !std::same_as<I, bool> && requires(const I& number) {
  { +number } -> std::integral;
};

// A size or a stride in whatever type the caller has it. Parameters have this type instead of Index, so that no number
// wraps around and no compiler warns.
struct Size {
  Index value;

  // Throws for a number that an Index cannot hold.
  template <class I> Size(const I& number);
  operator Index() const noexcept { return value; }
};

// The same for each of N dimensions: N numbers in braces, whose types may differ, or a range of N numbers.
template <std::size_t N> struct Sizes : std::array<Index, N> {
  Sizes(const std::array<Index, N>& sizes) noexcept : std::array<Index, N>(sizes) {}
  template <class... I>
    requires(sizeof...(I) != 1)
  Sizes(const I&... sizes);
  // Throws for a range of another length.
  template <class V> Sizes(const V& sizes);
};

// ---------------------------------------------------------------------------------------------------------------------

template <class I> Size::Size([[maybe_unused]] const I& number) : value(0) {
  static_assert(SizeNumber<I>,
                "seqpool: a size or a stride is an integer, of any type but bool; convert another number first, for "
                "example with static_cast<int>(hidden).");
  if constexpr (SizeNumber<I>) {
    const auto integer = +number;  // also for a character type
    if (!std::in_range<Index>(integer))
      detail::fail({"a size or stride of ", integer, " is beyond what memory can hold"});
    value = static_cast<Index>(integer);
  }
}

template <std::size_t N>
template <class... I>
  requires(sizeof...(I) != 1)
Sizes<N>::Sizes([[maybe_unused]] const I&... sizes) : std::array<Index, N>{} {
  constexpr bool lawful = sizeof...(I) == N;
  static_assert(lawful,
                "seqpool: there are as many sizes, and strides, as dimensions: {batch, seq, hidden} of hidden states, "
                "{batch, seq} of a mask, {total, hidden} of packed states.");
  if constexpr (lawful) static_cast<std::array<Index, N>&>(*this) = {Size(sizes)...};
}

template <std::size_t N> template <class V> Sizes<N>::Sizes([[maybe_unused]] const V& sizes) : std::array<Index, N>{} {
  static_assert(IntegerVector<V>,
                "seqpool: sizes, and strides, are written in braces, such as {batch, seq, hidden}, or come in a "
                "contiguous range of integers such as std::vector<std::int64_t>, an Eigen vector, or an Eigen tensor "
                "of rank 1.");
  if constexpr (IntegerVector<V>) {
    if (detail::size_of(sizes) != N)
      detail::fail(
          {"a range of ", detail::size_of(sizes), " sizes or strides was given, but there are ", N, " dimensions"});
    std::size_t dimension = 0;
    detail::for_each_element(sizes, [&](const auto& size) { (*this)[dimension++] = Size(size); });
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
