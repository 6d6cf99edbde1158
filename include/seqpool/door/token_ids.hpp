// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/scalar.hpp>

#include <concepts>
#include <utility>

// The door for the tokenizer's input_ids.
namespace seqpool::inline SEQPOOL_ABI::detail {

// True, or a sentence.
template <class I> consteval bool are_token_ids() {
  constexpr bool lawful = EigenTensorOfRank<I, 2>;
  if constexpr (Device<I>) {
    static_assert(lawful, "seqpool: input_ids come before the device: write x, mask, input_ids, device.");
  } else if constexpr (lawful) {
    using Id = element_t<I>;
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

// A view of the ids, one for each token of `states`, which messages call `what`.
template <class I, class States>
[[nodiscard]] auto ids_of(const I& input_ids, const States& states, const char* what = "hidden states") {
  const auto ids = detail::matrix_view(input_ids, "input_ids");
  if (ids.rows != states.batch() || ids.columns != states.seq())
    detail::fail({"input_ids are ", detail::shape({ids.rows, ids.columns}), ", but ", what,
                  " have [batch, seq] = ", detail::shape({states.batch(), states.seq()})});
  return ids;
}

// An id of any integer type as an Index; throws for one that an Index cannot hold, as no vocabulary has so many words.
template <class Id> [[nodiscard]] Index id_of(Id id) {
  const auto number = +id;  // also for a character type
  if (!std::in_range<Index>(number)) detail::fail({"input_ids hold ", number, ", which is no word's id"});
  return static_cast<Index>(number);
}

[[noreturn]] SEQPOOL_COLD inline void refuse_id(Index id, Index vocabulary) {
  detail::fail({"input_ids hold ", id, ", but the vocabulary has ", vocabulary, " words"});
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
