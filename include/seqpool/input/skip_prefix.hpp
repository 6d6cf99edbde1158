// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/input/attention_mask.hpp>
#include <seqpool/input/lengths.hpp>
#include <seqpool/input/selection.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// The real tokens of another selection except the first few of each row; made by `skip_prefix`.
template <Selection S> class SkipPrefix {
 public:
  SkipPrefix(S selection, std::vector<Index> counts);

  void check(Index batch, Index seq) const {
    selection_.check(batch, seq);
    check_counts(seqpool::rows_of(selection_, batch));
  }
  // Like `check(batch, seq)`, for sequences of different lengths.
  template <class X>
    requires requires(const X& x) { x.batch(); }
  void check(const X& x) const {
    seqpool::check_selection(selection_, x);
    check_counts(seqpool::rows_of(selection_, x.batch()));
  }
  [[nodiscard]] Run next_run(Index row, Run within) const;

  // What the other selection says, if it does.
  [[nodiscard]] Index batch() const
    requires requires(const S& s) { s.batch(); }
  {
    return selection_.batch();
  }
  [[nodiscard]] Index rows(Index batch) const
    requires requires(const S& s) { s.rows(batch); }
  {
    return selection_.rows(batch);
  }
  [[nodiscard]] Index sequence(Index row) const
    requires requires(const S& s) { s.sequence(row); }
  {
    return selection_.sequence(row);
  }

 private:
  void check_counts(Index rows) const;

  S selection_;
  std::vector<Index> counts_;  // [rows], how many real tokens are left out
};

/// Leaves out the first `counts[b]` real tokens of each row b: a prompt or an instruction that the encoder reads but
/// the pooling does not. A row with no more than that has no real token left.
///
///     seqpool::mean_pool(x, seqpool::skip_prefix(mask, prompt_lengths));
///
/// `mask` is an attention mask, which must outlive the result; or `all_tokens` if there is no padding; or any other
/// `Selection`: with `Spans`, the first tokens of each span are left out.
///
/// **Shapes**: mask: `[batch, seq]`, `Lengths` `[batch]` or `Spans` `[spans]`; counts: `[batch]`, or `[spans]` for
/// spans, integers in a contiguous range, an Eigen vector or an Eigen tensor of rank 1.
/// **Errors**: `std::invalid_argument` for a count under 0, naming its row, and, when it meets the hidden states,
/// unless there is one count for each row.
/// **Cost**: two allocations; for each run of a row, a walk over the runs of the tokens that are left out.
template <class M, class V> [[nodiscard]] auto skip_prefix(M&& mask, const V& counts);

// ---------------------------------------------------------------------------------------------------------------------

template <Selection S>
SkipPrefix<S>::SkipPrefix(S selection, std::vector<Index> counts)
    : selection_(std::move(selection)), counts_(std::move(counts)) {
  if constexpr (requires { selection_.batch(); } && !requires { selection_.rows(Index{}); })
    check_counts(selection_.batch());
}

template <Selection S> void SkipPrefix<S>::check_counts(Index rows) const {
  constexpr bool of_sequences = !requires(const S& s) { s.sequence(rows); };
  if (static_cast<Index>(counts_.size()) != rows)
    detail::fail({"counts of skip_prefix are ", detail::shape({static_cast<Index>(counts_.size())}), ", but ",
                  of_sequences ? "mask and hidden states have batch " : "there are ", rows,
                  of_sequences ? ": counts must be [batch]" : " spans: counts must be [spans]"});
}

// Walks from the row's start, so a selection is asked nothing before it has seen the hidden states.
template <Selection S> Run SkipPrefix<S>::next_run(Index row, Run within) const {
  Index begin = 0;
  for (Index left = counts_[static_cast<std::size_t>(row)]; left > 0;) {
    const Run run = seqpool::next_run(selection_, row, {begin, within.end});
    const Index skipped = (std::min)(left, run.end - run.begin);
    if (skipped == 0) return {within.end, within.end};
    begin = run.begin + skipped;
    left -= skipped;
  }
  begin = (std::max)(begin, within.begin);
  return begin < within.end ? seqpool::next_run(selection_, row, {begin, within.end}) : Run{within.end, within.end};
}

template <class M, class V> auto skip_prefix([[maybe_unused]] M&& mask, const V& counts) {
  using Mask = std::remove_cvref_t<M>;
  constexpr bool is_mask = Selection<Mask> || detail::EigenTensorOfRank<Mask, 2>;
  static_assert(
      is_mask,
      "seqpool: skip_prefix(mask, counts) takes first an attention mask [batch, seq], an Eigen tensor of rank "
      "2 or a seqpool::AttentionMask, or seqpool::Lengths, or seqpool::AllTokens{} where there is no padding; "
      "and the counts [batch] second.");
  constexpr bool are_counts = !is_mask || detail::IntegerVector<V>;
  static_assert(are_counts,
                "seqpool: skip_prefix(mask, counts) takes one integer for each row, [batch], second: a contiguous "
                "range such as std::vector<int>, an Eigen vector, or an Eigen tensor of rank 1.");
  if constexpr (!is_mask || !are_counts) {
    return AllTokens{};  // so no other error follows
  } else {
    auto numbers = detail::indices(counts, [](std::size_t row, const std::string& count) {
      detail::fail({"counts of skip_prefix: row ", row, " has ", count, "; a count must be 0 or more"});
    });
    if constexpr (Selection<Mask>)
      return SkipPrefix<Mask>(mask, std::move(numbers));
    else
      return SkipPrefix(AttentionMask(std::forward<M>(mask)), std::move(numbers));
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI
