// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>

#include <algorithm>
#include <concepts>
#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// Consecutive tokens of one sequence: `[begin, end)`. Empty if begin == end.
struct Run {
  Index begin;
  Index end;
};

/// Which tokens of which sequences are real: the driver asks only for the next run of a row.
///
/// | expression | meaning |
/// |---|---|
/// | `s.check(batch, seq)` | throws `std::invalid_argument` unless s fits `[batch, seq]` and holds lawful values |
/// | `s.next_run(row, within)` | the first whole run of real tokens of `row` inside `within`; empty if there is none |
///
/// A selection whose rows are not the sequences may also say:
///
/// | expression | meaning | without it |
/// |---|---|---|
/// | `s.rows(batch)` | rows of the result | batch |
/// | `s.sequence(row)` | the sequence that a row is taken from | row |
/// | `s.check(x)` | instead of `check(batch, seq)`, for sequences of different lengths: x is a `Sequences` | |
///
/// If it also has `s.batch()`, the number of sequences it is for, it is about padding: packed and ragged sequences,
/// which have none, do not take it. A selection made from another one says all of these that the other says; the
/// functions below ask it.
template <class S>
concept Selection = requires(const S& s, Index i, Run within) {
  s.check(i, i);
  { s.next_run(i, within) } -> std::same_as<Run>;
};

/// Every token of every sequence is real: what is meant if no mask is given.
struct AllTokens {
  void check(Index, Index) const noexcept {}
  [[nodiscard]] Run next_run(Index, Run within) const noexcept { return within; }
};

/// For a mask that is left out on purpose: `mean_pool(x, all_tokens)`, `skip_prefix(all_tokens, counts)`.
inline constexpr AllTokens all_tokens{};

/// `s.next_run(row, within)`, but never outside `within`, whatever s says.
template <Selection S> [[nodiscard]] Run next_run(const S& selection, Index row, Run within) {
  const Run run = selection.next_run(row, within);
  const Index begin = (std::clamp)(run.begin, within.begin, within.end);
  return {begin, (std::clamp)(run.end, begin, within.end)};
}

/// What a selection says about its rows, or the default.
template <class S> [[nodiscard]] Index rows_of([[maybe_unused]] const S& selection, Index batch) {
  if constexpr (requires { selection.rows(batch); })
    return selection.rows(batch);
  else
    return batch;
}
template <class S> [[nodiscard]] Index sequence_of([[maybe_unused]] const S& selection, Index row) {
  if constexpr (requires { selection.sequence(row); })
    return selection.sequence(row);
  else
    return row;
}

/// Throws `std::invalid_argument` unless the selection fits x, a `Sequences`, and takes its rows from sequences that
/// exist.
template <class S, class X> void check_selection(const S& selection, const X& x) {
  if constexpr (requires { selection.check(x); })
    selection.check(x);
  else
    selection.check(x.batch(), x.seq());
  const Index rows = seqpool::rows_of(selection, x.batch());
  if (rows < 0) detail::fail({"a selection says that it has ", rows, " rows: it must be 0 or more"});
  if constexpr (requires { selection.sequence(rows); })
    for (Index row = 0; row < rows; ++row)
      if (const Index sequence = selection.sequence(row); sequence < 0 || sequence >= x.batch())
        detail::fail(
            {"a selection takes row ", row, " from sequence ", sequence, ", but hidden states have batch ", x.batch()});
  if constexpr (!requires { selection.sequence(rows); })
    if (rows > x.batch())
      detail::fail({"a selection says that it has ", rows, " rows, but hidden states have batch ", x.batch(),
                    ", and it does not say which sequence(row) each is taken from"});
}

}  // namespace seqpool::inline SEQPOOL_ABI
