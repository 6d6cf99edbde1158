// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/scalar.hpp>
#include <seqpool/version.hpp>

#include <concepts>
#include <ranges>

// The tokenizer's input_ids, as a folder's classes take them beside hidden states.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// Whether the argument before the device is meant for input_ids: it may be left out, and the device stand in its place.
// What is neither is told that it is no device.
template <class I, class D>
inline constexpr bool are_ids_given =
    !std::same_as<D, CallingThread> ||
    (!Device<I> && (std::ranges::range<I> || Selection<I> || requires(const I& ids) { typename I::Scalar; }));

// True, or a sentence.
template <class I> consteval bool are_token_ids() {
  constexpr bool lawful = seqpool::detail::EigenTensorOfRank<I, 2>;
  if constexpr (Device<I>) {
    static_assert(lawful, "seqpool: input_ids come before the device: write x, mask, input_ids, device.");
  } else if constexpr (lawful) {
    using Id = seqpool::detail::element_t<I>;
    constexpr bool integers = std::integral<Id> && !std::same_as<Id, bool>;
    static_assert(integers,
                  "seqpool: input_ids [batch, seq] are integers, the number of each token in the vocabulary; a mask "
                  "stands before them.");
    return integers;
  } else {
    static_assert(lawful,
                  "seqpool: input_ids [batch, seq] are what the tokenizer gave: an Eigen::Tensor or Eigen::TensorMap "
                  "of rank 2 of integers. View other memory with an Eigen::TensorMap, and evaluate an expression "
                  "first.");
  }
  return false;
}

// The ids where they lie, one for each token of `states`.
template <class I, class States> [[nodiscard]] auto ids_of(const I& input_ids, const States& states) {
  const auto ids = seqpool::detail::matrix_view(input_ids, "input_ids");
  if (ids.rows != states.batch() || ids.columns != states.seq())
    seqpool::detail::fail(
        "input_ids are " + seqpool::detail::shape({ids.rows, ids.columns}) +
        ", but hidden states have [batch, seq] = " + seqpool::detail::shape({states.batch(), states.seq()}));
  return ids;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
