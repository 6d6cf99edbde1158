// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/door/arguments.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/model/detail/input_ids.hpp>
#include <seqpool/scalar.hpp>
#include <seqpool/version.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// Of each row the one token whose hidden states a decoder of Transformers classifies: the last whose id is not
// `pad_token_id`, wherever padding is; the first of all, where no id is another. Itself a selection.
//
// Ids alone say which it is, those of padding too, as in Transformers. Where it is one that the mask leaves out,
// Transformers classifies padding, which is refused here. A row with no real token stays empty.
class ScoredToken {
 public:
  // Without `pad_token_id` the last token of a batch of 1: Transformers refuses others.
  template <class States, class M, class I>
  ScoredToken(const States& states, const M& mask, const I& input_ids, std::optional<Index> pad_token_id);

  void check(Index, Index) const noexcept {}
  [[nodiscard]] Index rows(Index) const noexcept { return static_cast<Index>(tokens_.size()); }
  [[nodiscard]] Run next_run(Index row, Run within) const noexcept {
    const Index token = tokens_[static_cast<std::size_t>(row)];
    const bool inside = within.begin <= token && token < within.end;
    return inside ? Run{token, token + 1} : Run{within.end, within.end};
  }

 private:
  [[noreturn]] static void refuse(Index row, Index token, bool all_pads, std::optional<Index> pad_token_id);

  std::vector<Index> tokens_;  // [rows], -1 of those with no real token
};

// ---------------------------------------------------------------------------------------------------------------------

template <class States, class M, class I>
ScoredToken::ScoredToken(const States& states, const M& mask, const I& input_ids, std::optional<Index> pad_token_id) {
  const auto ids = ids_of(input_ids, states);
  const auto is_pad = [&](Index b, Index s) { return pad_token_id && static_cast<Index>(ids(b, s)) == *pad_token_id; };
  if (!pad_token_id && states.batch() > 1)
    seqpool::detail::fail(
        "this model has no pad_token_id, so that Transformers takes one sequence at a time, and not " +
        std::to_string(states.batch()) + ": call logits(x, mask)");
  const auto& selection = seqpool::detail::selection_of(mask);
  seqpool::check_selection(selection, states);
  const Index rows = seqpool::rows_of(selection, states.batch());
  tokens_.assign(static_cast<std::size_t>(rows), -1);
  for (Index b = 0; b < rows; ++b) {
    const Run all{0, states.seq(b)};
    const Run real = seqpool::next_run(selection, b, all);
    if (real.begin == real.end) continue;
    Index token = all.end - 1;
    while (token > 0 && is_pad(b, token)) --token;
    const Run here = seqpool::next_run(selection, b, {token, token + 1});
    if (here.begin == here.end) refuse(b, token, is_pad(b, token), pad_token_id);
    tokens_[static_cast<std::size_t>(b)] = token;
  }
}

inline void ScoredToken::refuse(Index row, Index token, bool all_pads, std::optional<Index> pad_token_id) {
  const std::string pad = "pad_token_id" + (pad_token_id ? " " + std::to_string(*pad_token_id) : "");
  seqpool::detail::fail(
      "input_ids: of row " + std::to_string(row) + " Transformers classifies token " + std::to_string(token) +
      (!pad_token_id ? ", the last, because the model has no " + pad
       : all_pads    ? ", the first, because all ids are " + pad
                     : ", the last whose id is not " + pad) +
      ", but the mask leaves it out: " + (pad_token_id ? "pad with that id" : "leave out what is padding") +
      ", or call logits(x, mask), which takes the last real token");
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
