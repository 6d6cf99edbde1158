// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_DETAIL_ROW_POOLER_HPP
#define SEQPOOL_DETAIL_ROW_POOLER_HPP

#include <seqpool/detail/accumulators.hpp>
#include <seqpool/detail/device.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/input/hidden_states.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/pooling/pooling.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace seqpool::detail {

// Blocks are cut every block_tokens real tokens from a row's start, wherever the padding is, and their
// states are merged in order, by however many threads. So a row's bits are its own.
inline constexpr Index block_tokens = 256;

// As many tokens as the inner loop takes in one pass are listed behind a block, to be prefetched.
inline constexpr Index ahead_tokens = 8;

template <class P>
inline constexpr Reads reads_of = Reads::every_token;
template <class P>
requires requires { P::reads; }
inline constexpr Reads reads_of<P> = P::reads;

// Whether every feature is pooled by itself, so that batch and hidden may change places.
template <class P>
inline constexpr bool feature_wise = false;
template <class P>
requires requires { P::feature_wise; }
inline constexpr bool feature_wise<P> = P::feature_wise;

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

// The driver: rows to blocks, blocks to states, states to rows of out. All sizes are checked before it.
template <class P, class T, class S>
class RowPooler {
  using A = accumulator_t<T>;
  using State = typename P::template State<T>;

 public:
  RowPooler(MatrixView<A> out, const P& pooling, const HiddenStates<T>& x, const S& selection)
      : out_(out), pooling_(pooling), x_(x), selection_(selection) {}

  template <class D>
  void run(const D& device) const {
    const int threads = threads_of(device);
    if (threads > 1 && x_.batch() < 4 * threads && reads_of<P> == Reads::every_token)
      pool_blocks(device);
    else
      share_out(device, x_.batch(), bytes(x_.seq()), [this](Index first, Index last) { pool_rows(first, last); });
  }

 private:
  struct Block {
    Index row;
    Index position;
  };

  double bytes(Index tokens) const {
    return static_cast<double>(tokens) * static_cast<double>(x_.hidden()) * static_cast<double>(sizeof(T));
  }

  void pool_rows(Index first, Index last) const {
    BlockReader<T, S> reader(x_, selection_);
    State state;
    State next;
    Accumulators<A> scratch;
    for (Index row = first; row < last; ++row) {
      reader.start(row, 0);
      constexpr Reads reads = reads_of<P>;
      TokenBlock<T> block = reads == Reads::every_token ? reader.next() : reader.next_only(reads);
      if (block.empty()) {
        clear(row);
        continue;
      }
      fold(state, block);
      if constexpr (reads == Reads::every_token)
        for (block = reader.next(); !block.empty(); block = reader.next()) {
          fold(next, block);
          pooling_.merge(state, next);
        }
      finish(row, state, scratch);
    }
  }

  // For a few long rows: every block gets a state of its own, and a thread to fold it.
  template <class D>
  void pool_blocks(const D& device) const {
    std::vector<Block> blocks;
    BlockReader<T, S> planner(x_, selection_);
    for (Index row = 0; row < x_.batch(); ++row) {
      planner.start(row, 0);
      const std::size_t before = blocks.size();
      for (Index from = planner.position(); planner.skip() > 0; from = planner.position())
        blocks.push_back({row, from});
      if (blocks.size() == before) clear(row);
    }

    std::vector<State> states(blocks.size());
    share_out(device, static_cast<Index>(blocks.size()), bytes(block_tokens), [&](Index first, Index last) {
      BlockReader<T, S> reader(x_, selection_);
      for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i) {
        reader.start(blocks[i].row, blocks[i].position);
        fold(states[i], reader.next());
      }
    });

    Accumulators<A> scratch;
    for (std::size_t i = 0; i < blocks.size();) {
      const std::size_t head = i;
      for (++i; i < blocks.size() && blocks[i].row == blocks[head].row; ++i) pooling_.merge(states[head], states[i]);
      finish(blocks[head].row, states[head], scratch);
    }
  }

  void fold(State& state, const TokenBlock<T>& tokens) const {
    pooling_.init(state, x_.hidden());
    pooling_.fold(state, tokens);
  }

  void finish(Index row, const State& state, Accumulators<A>& scratch) const {
    const auto width = static_cast<std::size_t>(out_.columns);
    A* const target = out_.data + row * out_.row_stride;
    if (out_.column_stride == 1) {
      pooling_.finish(state, std::span<A>(target, width));
      return;
    }
    scratch.assign(width, A(0));
    pooling_.finish(state, std::span<A>(scratch));
    for (Index column = 0; column < out_.columns; ++column)
      out_(row, column) = scratch[static_cast<std::size_t>(column)];
  }

  // An empty row is zeros for every pooling, those of users included.
  void clear(Index row) const {
    for (Index column = 0; column < out_.columns; ++column) out_(row, column) = A(0);
  }

  MatrixView<A> out_;
  const P& pooling_;
  const HiddenStates<T>& x_;
  const S& selection_;
};

}  // namespace seqpool::detail

#endif
