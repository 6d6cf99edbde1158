// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_DRIVER_BLOCK_READER_HPP
#define SEQPOOL_DRIVER_BLOCK_READER_HPP

#include <seqpool/fold/pooling.hpp>
#include <seqpool/input/hidden_states.hpp>
#include <seqpool/input/selection.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::detail {

// Blocks are cut every block_tokens real tokens from a row's start, wherever the padding is, and their
// states are merged in order, by however many threads. So a row's bits are its own.
inline constexpr Index block_tokens = 256;

// As many tokens as the inner loop takes in one pass are listed behind a block, to be prefetched.
inline constexpr Index ahead_tokens = 8;

// Lists the real tokens of one row block by block, and packs them where features are not neighbours.
template <class T, class S>
class BlockReader {
 public:
  BlockReader(const HiddenStates<T>& x, const S& selection)
      : x_(x), selection_(selection), prefetch_(x.hidden_stride() == 1 && larger_than_cache(x)) {
    if (x.hidden_stride() != 1)
      packed_.resize(static_cast<std::size_t>((std::min)(block_tokens, x.seq()) * x.hidden()));
  }

  // Goes to the first real token of `row` at or after token `from`.
  void start(Index row, Index from) {
    row_ = row;
    run_ = selection_.next_run(row, from);
  }

  // The token that the next block starts with.
  Index position() const noexcept { return run_.begin; }

  // Passes over a block; how many tokens it had.
  Index skip() {
    return take([](Index, Run) {});
  }

  // The next block of real tokens; a short one only at the row's end, an empty one behind it.
  TokenBlock<T> next() {
    return block(take([this](Index count, Run run) {
      const T** const tokens = tokens_.data() + count;
      for (Index i = 0; i < run.end - run.begin; ++i) tokens[i] = x_.token(row_, run.begin + i);
    }));
  }

  // What a pooling that looks at one token gets: a block of the row's first or last one, or an empty one.
  TokenBlock<T> next_only(Reads reads) {
    if (run_.begin == run_.end) return block(0);
    Index s = run_.begin;
    if (reads == Reads::last_token)
      for (Run run = run_; run.begin < run.end; run = selection_.next_run(row_, run.end)) s = run.end - 1;
    tokens_[0] = x_.token(row_, s);
    return block(1);
  }

 private:
  // A guess at a core's own cache: in it, asking ahead costs a fifth of mean's time.
  static bool larger_than_cache(const HiddenStates<T>& x) noexcept {
    return x.batch() * x.seq() * x.hidden() > (1 << 20) / static_cast<Index>(sizeof(T));
  }

  // f(count, run) for the next runs up to block_tokens, where count tokens have been taken before.
  template <class F>
  Index take(F f) {
    Index count = 0;
    while (count < block_tokens && run_.begin < run_.end) {
      const Index end = (std::min)(run_.end, run_.begin + (block_tokens - count));
      f(count, Run{run_.begin, end});
      count += end - run_.begin;
      run_.begin = end;
      if (run_.begin == run_.end) run_ = selection_.next_run(row_, run_.end);
    }
    return count;
  }

  TokenBlock<T> block(Index count) {
    if (!packed_.empty()) pack(count);
    const std::span<const T* const> tokens(tokens_);
    const auto listed = static_cast<std::size_t>(prefetch_ ? count + look_ahead(tokens_.data() + count) : 0);
    return {tokens.first(static_cast<std::size_t>(count)), x_.hidden(), tokens.first(listed)};
  }

  // Lists the first tokens of the next block, be it the next row's; how many.
  Index look_ahead(const T** tokens) const {
    Index row = row_;
    Run run = run_;
    if (run.begin == run.end && row + 1 < x_.batch()) run = selection_.next_run(++row, 0);
    const Index count = (std::min)(ahead_tokens, run.end - run.begin);
    for (Index i = 0; i < count; ++i) tokens[i] = x_.token(row, run.begin + i);
    return count;
  }

  // Makes every token's features neighbours. A cache line of features at a time, token after token: in column-major
  // memory it is the tokens that lie close together.
  void pack(Index count) {
    constexpr Index line = 64 / static_cast<Index>(sizeof(T));
    const Index stride = x_.hidden_stride();
    const auto copy = [&](Index first, Index features) {
      for (Index i = 0; i < count; ++i) {
        const T* const source = tokens_[static_cast<std::size_t>(i)] + first * stride;
        T* const target = packed_.data() + i * x_.hidden() + first;
        for (Index j = 0; j < features; ++j) target[j] = source[j * stride];
      }
    };
    Index first = 0;
    for (; first + line <= x_.hidden(); first += line) copy(first, line);
    copy(first, x_.hidden() - first);
    for (Index i = 0; i < count; ++i) tokens_[static_cast<std::size_t>(i)] = packed_.data() + i * x_.hidden();
  }

  const HiddenStates<T>& x_;
  const S& selection_;
  Index row_ = 0;
  Run run_{0, 0};
  bool prefetch_;
  std::array<const T*, block_tokens + ahead_tokens> tokens_;
  std::vector<T> packed_;
};

}  // namespace seqpool::inline SEQPOOL_ABI::detail

#endif
