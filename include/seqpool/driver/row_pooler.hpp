// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_DRIVER_ROW_POOLER_HPP
#define SEQPOOL_DRIVER_ROW_POOLER_HPP

#include <seqpool/detail/tensor.hpp>
#include <seqpool/driver/block_reader.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/fold/accumulators.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/input/hidden_states.hpp>
#include <seqpool/input/selection.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::detail {

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

}  // namespace seqpool::inline SEQPOOL_ABI::detail

#endif
