// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_INPUT_SELECTION_HPP
#define SEQPOOL_INPUT_SELECTION_HPP

#include <seqpool/scalar.hpp>

#include <concepts>

namespace seqpool::inline SEQPOOL_ABI {

/// Consecutive tokens of one sequence: `[begin, end)`. Empty where begin == end.
struct Run {
  Index begin;
  Index end;
};

/// Which tokens of which sequences are real: all that the driver asks is the next run of a row.
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
template <class S>
concept Selection = requires(const S& s, Index i, Run within) {
  s.check(i, i);
  { s.next_run(i, within) } -> std::same_as<Run>;
};

/// Every token of every sequence is real: what is meant where no mask is given.
struct AllTokens {
  void check(Index, Index) const noexcept {}
  [[nodiscard]] Run next_run(Index, Run within) const noexcept { return within; }
};

}  // namespace seqpool::inline SEQPOOL_ABI

#endif
