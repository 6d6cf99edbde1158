// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/compiler.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/fold/token_block.hpp>
#include <seqpool/input/hidden_states.hpp>
#include <seqpool/input/selection.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace seqpool::inline SEQPOOL_ABI::detail {

// A row is cut into blocks of block_tokens real tokens from its start, wherever the padding is, and their states are
// merged in order, by however many threads. So a row's bits depend only on the row.
inline constexpr Index block_tokens = 256;

// Whether tokens lie in memory; otherwise they are computed, by `copy`.
template <class X> inline constexpr bool is_stored = requires(const X& x, Index i) { x.token(i, i); };

// Whether a token's features must be copied side by side before a pooling sees them.
template <class X> bool needs_packing(const X& x) noexcept {
  if constexpr (is_stored<X>)
    return x.hidden_stride() != 1;
  else
    return true;
}

// Gives the real tokens of one row block by block, packed where features are not neighbours.
template <class X, class S> class BlockReader {
 public:
  using T = typename X::value_type;

  BlockReader(const X& x, const S& selection);

  // Goes to the first real token of `row`, or to the first one `within`, which is the row's real token `number`.
  void start(Index row) { start(row, {0, x_.seq(seqpool::sequence_of(selection_, row))}, 0); }
  void start(Index row, Run within, Index number);

  // Whether no real tokens are left.
  bool at_end() const noexcept { return run_.begin == run_.end; }

  // The number of the next real token: how many of the row's came before it.
  Index number() const noexcept { return number_; }

  // Skips a block: from its first token to one past its last; empty after the row's end.
  Run skip();

  // The next block of real tokens; a short one only at the row's end, an empty one after it.
  TokenBlock<T> next();

  // The block for a pooling that looks at one or two tokens: the row's first, last, or both, or an empty one.
  TokenBlock<T> next_only(Reads reads);

 private:
  // Calls f(run) for the next runs up to block_tokens, and says how many tokens they have.
  template <class F> Index take(F f);
  void advance(Index to) { run_ = seqpool::next_run(selection_, row_, {to, end_}); }

  TokenBlock<T> block(Index count, Run first, bool holes, bool prefetch);
  struct Ahead {
    Index following = 0;
    const T* next = nullptr;
  };
  Ahead look_ahead(Index count, Index end, bool holes);
  void list(Index count, Run run) {
    for (Index i = 0; i < run.end - run.begin; ++i) places_[static_cast<std::size_t>(count + i)] = run.begin + i;
  }
  const T* packed(Index count, Run first, bool holes);
  void pack(Index count, Run run);

  const X& x_;
  const S& selection_;
  Index row_ = 0;
  Index sequence_ = 0;
  Index end_ = 0;
  Index number_ = 0;
  Run run_{0, 0};
  bool packs_;
  bool prefetches_;
  std::array<Index, block_tokens + tile_tokens>
      places_;  // if there are holes: those of a block's tokens and the next ones
  AlignedVector<T> packed_;
};

// ---------------------------------------------------------------------------------------------------------------------

// A guess whether x is larger than a core's own cache: in cache, prefetching costs a fifth of mean's time.
template <class X> bool beyond_cache(const X& x) noexcept {
  constexpr std::int64_t limit = (1 << 20) / sizeof(typename X::value_type);
  const std::int64_t batch = x.batch(), seq = x.seq(), hidden = x.hidden();
  if (batch > limit || seq > limit || hidden > limit) return true;
  return batch * seq * hidden > limit;  // 2^57 at most
}

template <class X, class S>
BlockReader<X, S>::BlockReader(const X& x, const S& selection)
    : x_(x), selection_(selection), packs_(detail::needs_packing(x)), prefetches_(!packs_ && detail::beyond_cache(x)) {}

template <class X, class S> void BlockReader<X, S>::start(Index row, Run within, Index number) {
  row_ = row;
  sequence_ = seqpool::sequence_of(selection_, row);
  end_ = within.end;
  number_ = number;
  advance(within.begin);
}

template <class X, class S> template <class F> Index BlockReader<X, S>::take(F f) {
  Index count = 0;
  while (count < block_tokens && run_.begin < run_.end) {
    const Run run{run_.begin, (std::min)(run_.end, run_.begin + (block_tokens - count))};
    f(count, run);
    count += run.end - run.begin;
    run_.begin = run.end;
    if (at_end()) advance(run_.end);
  }
  number_ += count;
  return count;
}

template <class X, class S> Run BlockReader<X, S>::skip() {
  Run all{run_.begin, run_.begin};
  take([&all](Index, Run run) { all.end = run.end; });
  return all;
}

template <class X, class S> auto BlockReader<X, S>::next() -> TokenBlock<T> {
  Run first{0, 0};
  bool holes = false;
  const Index count = take([&](Index taken, Run run) {
    if (taken == 0) {
      first = run;
      return;
    }
    if (!holes) list(0, first);
    list(taken, run);
    holes = true;
  });
  return block(count, first, holes, prefetches_);
}

template <class X, class S> auto BlockReader<X, S>::next_only(Reads reads) -> TokenBlock<T> {
  if (at_end()) return block(0, run_, false, false);
  const Index first = run_.begin;
  if (reads == Reads::first_token) {
    ++number_;
    return block(1, {first, first + 1}, false, false);
  }
  Index last = first;
  for (; run_.begin < run_.end; advance(run_.end)) {
    number_ += run_.end - run_.begin;
    last = run_.end - 1;
  }
  if (reads == Reads::last_token || first == last) return block(1, {last, last + 1}, false, false);
  list(0, {first, first + 1});
  list(1, {last, last + 1});
  return block(2, {first, first + 1}, true, false);
}

template <class X, class S>
SEQPOOL_INLINE auto BlockReader<X, S>::block(Index count, Run first, bool holes, bool prefetch) -> TokenBlock<T> {
  const Index* const positions = holes ? places_.data() : nullptr;
  if constexpr (is_stored<X>)
    if (!packs_) {
      const Ahead ahead = prefetch ? look_ahead(count, first.end, holes) : Ahead{};
      return {x_.token(sequence_, holes ? 0 : first.begin), count, x_.hidden(), x_.token_stride(),
              TokenSource<T>{.row = row_,
                             .sequence = sequence_,
                             .position = first.begin,
                             .number = number_ - count,
                             .places = positions,
                             .positions = positions,
                             .prefetch = prefetch,
                             .following = ahead.following,
                             .next = ahead.next}};
    }
  return {packed(count, first, holes), count, x_.hidden(), x_.hidden(),
          TokenSource<T>{.row = row_,
                         .sequence = sequence_,
                         .position = first.begin,
                         .number = number_ - count,
                         .positions = positions}};
}

// What the reader comes to after this block, whose last run ends at `end`: more of that run, the next run, or the next
// row's first run.
template <class X, class S> auto BlockReader<X, S>::look_ahead(Index count, Index end, bool holes) -> Ahead {
  if (holes || (run_.begin == end && run_.begin < run_.end)) {
    const Index following = (std::min)(tile_tokens, run_.end - run_.begin);
    if (holes) list(count, {run_.begin, run_.begin + following});
    return {.following = following};
  }
  Run run = run_;
  Index sequence = sequence_;
  if (run.begin == run.end) {
    if (row_ + 1 >= seqpool::rows_of(selection_, x_.batch())) return {};
    sequence = seqpool::sequence_of(selection_, row_ + 1);
    run = seqpool::next_run(selection_, row_ + 1, {0, x_.seq(sequence)});
  }
  return {.next = run.end - run.begin >= tile_tokens ? x_.token(sequence, run.begin) : nullptr};
}

template <class X, class S> auto BlockReader<X, S>::packed(Index count, Run first, bool holes) -> const T* {
  const Index room = (std::min)(block_tokens, Index{x_.seq()}) * x_.hidden();
  if (packed_.empty()) packed_.resize(static_cast<std::size_t>(room));
  if (!holes) {
    pack(0, {first.begin, first.begin + count});
  } else {
    for (Index i = 0, j = 0; i < count; i = j) {  // run by run
      const Index begin = places_[static_cast<std::size_t>(i)];
      for (++j; j < count && places_[static_cast<std::size_t>(j)] == begin + (j - i);) ++j;
      pack(i, {begin, begin + (j - i)});
    }
  }
  return packed_.data();
}

// Makes the features of a run's tokens neighbours, after `count` others. It takes some features of every token at a
// time: in column-major memory the tokens lie close together.
template <class X, class S> void BlockReader<X, S>::pack(Index count, Run run) {
  T* const target = packed_.data() + count * x_.hidden();
  if constexpr (is_stored<X>) {
    constexpr Index line = 64 / static_cast<Index>(sizeof(T));
    const Index stride = x_.hidden_stride();
    for (Index first = 0; first < x_.hidden(); first += line) {
      const Index features = (std::min)(line, x_.hidden() - first);
      for (Index s = run.begin; s < run.end; ++s) {
        const T* const source = x_.token(sequence_, s) + first * stride;
        T* const out = target + (s - run.begin) * x_.hidden() + first;
        for (Index j = 0; j < features; ++j) out[j] = source[j * stride];
      }
    }
  } else {
    x_.copy(sequence_, run, target);
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
