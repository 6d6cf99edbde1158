// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/matrix.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/door/arguments.hpp>
#include <seqpool/driver/block_reader.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <cstddef>

// What is shared by doors that take each real token by itself.
namespace seqpool::inline SEQPOOL_ABI::detail {

// True, or a compile error with a message.
template <class M> consteval bool is_mask_of_rows() {
  constexpr bool lawful = !requires(const M& mask, Index row) { mask.sequence(row); };
  static_assert(lawful,
                "seqpool: each token is taken once here, so that Spans cannot say which: pass a mask, Lengths or "
                "nothing.");
  return lawful;
}

// f(row, sequence, run) for each run of real tokens, cut into pieces of at most a block.
template <class X, class M, class F> void for_each_run(const X& x, const M& mask, F f) {
  const auto& selection = detail::selection_of(mask);
  seqpool::check_selection(selection, x);
  const Index rows = seqpool::rows_of(selection, x.batch());
  for (Index row = 0; row < rows; ++row) {
    const Index b = seqpool::sequence_of(selection, row);
    const Index end = x.seq(b);
    for (Run run = seqpool::next_run(selection, row, {0, end}); run.begin < run.end;
         run = seqpool::next_run(selection, row, {run.end, end}))
      for (Index s = run.begin; s < run.end; s += block_tokens)
        f(row, b, Run{s, (std::min)(s + block_tokens, run.end)});
  }
}

// Gives tokens with their features side by side in the accumulator's type: where they lie, or in memory of its own.
template <class X> class TokenReader {
  using T = typename X::value_type;
  using A = accumulator_t<T>;

 public:
  explicit TokenReader(const X& x) : x_(x) {}

  // The tokens `run` of sequence b, [run, hidden], until the next call.
  MatrixView<const A> read(Index b, Run run) {
    const Index count = run.end - run.begin;
    MatrixView<const T> tokens{nullptr, count, x_.hidden(), x_.hidden(), 1};
    if constexpr (is_stored<X>) {
      tokens = {x_.token(b, run.begin), count, x_.hidden(), x_.token_stride(), x_.hidden_stride()};
    } else {
      computed_.resize(static_cast<std::size_t>(detail::product(count, x_.hidden(), "tokens")));
      x_.copy(b, run, computed_.data());
      tokens.data = computed_.data();
    }
    return detail::side_by_side<A>(tokens, wide_);
  }

 private:
  const X& x_;
  AlignedVector<T> computed_;
  AlignedVector<A> wide_;
};

}  // namespace seqpool::inline SEQPOOL_ABI::detail
