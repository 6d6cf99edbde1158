// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/rows.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/driver/block_reader.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/driver/row_fold.hpp>
#include <seqpool/driver/row_group.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/input/hidden_states.hpp>
#include <seqpool/input/selection.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::detail {

// f(block) for every block of a row's real tokens, in order.
template <class X, class S, class F> void for_each_block(BlockReader<X, S>& reader, Index row, Reads reads, F f) {
  reader.start(row);
  if (reads != Reads::every_token) {
    f(reader.next_only(reads));
    return;
  }
  while (!reader.at_end()) f(reader.next());
}

// Takes the row's tokens into `fold`.
template <class P, class X, class S>
void fold_row(RowFold<P, typename X::value_type>& fold, const P& pooling, BlockReader<X, S>& reader, Index hidden,
              Index row, Reads reads) {
  fold.start(hidden);
  detail::for_each_block(reader, row, reads, [&](const auto& block) { fold.fold(pooling, block); });
}

// Only for HiddenStates, not for what derives from it.
template <class X>
concept Transposable = requires(const X& x) {
  { x.transposed() } -> std::same_as<X>;
};

// Whether batch and hidden may change places: column-major hidden states hold one feature of the whole batch side by
// side. Without a mask all rows have the same tokens, so such a feature is pooled as a row would be.
template <class P, class X, class S> bool may_exchange(const X& x) noexcept {
  if constexpr (FeaturesAlike<P> && std::same_as<S, AllTokens> && Transposable<X>)
    return x.hidden_stride() != 1 && x.batch_stride() == 1 && x.batch() >= 4 && x.seq() > 0;
  else
    return false;
}

// The driver: rows to blocks, blocks to states, states to rows of out.
template <class P, class X, class S> class RowPooler {
 public:
  using T = typename X::value_type;
  using Element = result_t<P, T>;

  // Checks everything that might not fit, before anything is written.
  RowPooler(const P& pooling, const X& x, const S& selection);

  Index rows() const noexcept { return rows_; }
  Index width() const noexcept { return width_; }
  double row_bytes() const { return bytes(x_.seq()); }

  template <class D> void run(MatrixView<Element> out, const D& device) const;

 private:
  using State = typename P::template State<T>;
  struct Block {
    Index row;
    Run tokens;    // from its first to one past its last
    Index number;  // that of its first token, among the row's real ones
  };

  double bytes(Index tokens) const {
    return static_cast<double>(tokens) * static_cast<double>(x_.hidden()) * static_cast<double>(sizeof(T));
  }

  void pool_range(MatrixView<Element> out, Index first, Index last) const;
  template <class D> void pool_blocks(MatrixView<Element> out, const D& device) const;
  void finish(MatrixView<Element> out, Index row, State& state, Accumulators<Element>& scratch) const;
  static void clear(MatrixView<Element> out, Index row);

  const P& pooling_;
  const X& x_;
  const S& selection_;
  Index rows_;
  Index width_;
  Reads reads_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class P, class X, class S>
RowPooler<P, X, S>::RowPooler(const P& pooling, const X& x, const S& selection)
    : pooling_(pooling),
      x_(x),
      selection_(selection),
      rows_(seqpool::rows_of(selection, x.batch())),
      width_(static_cast<Index>(pooling.width(x.hidden()))),
      reads_(seqpool::reads_of(pooling)) {
  seqpool::check_selection(selection, x);
  seqpool::check_tokens(pooling, x.batch(), x.seq());
}

template <class P, class X, class S>
template <class D>
void RowPooler<P, X, S>::run(MatrixView<Element> out, const D& device) const {
  if (rows_ == 0 || width_ == 0) return;
  if constexpr (Transposable<X>)
    if (width_ == x_.hidden() && detail::may_exchange<P, X, S>(x_)) {
      const X exchanged = x_.transposed();
      const MatrixView<Element> columns{out.data, out.columns, out.rows, out.column_stride, out.row_stride};
      RowPooler(pooling_, exchanged, selection_).run(columns, device);
      return;
    }
  if constexpr (Device<D>) {
    // A few long rows are shared out by blocks, if a block is worth handing over.
    const Index threads = detail::threads_of(device);
    if (threads > 1 && rows_ / 4 < threads && reads_ == Reads::every_token && bytes(block_tokens) >= 16384) {
      pool_blocks(out, device);
      return;
    }
    detail::share_out(device, rows_, row_bytes(), [&](Index first, Index last) { pool_range(out, first, last); });
  } else {
    pool_range(out, 0, rows_);
  }
}

template <class P, class X, class S>
void RowPooler<P, X, S>::pool_range(MatrixView<Element> out, Index first, Index last) const {
  Accumulators<Element> scratch;
  const auto finish_row = [&](Index row, RowFold<P, T>& fold) {
    if (fold.count() == 0)
      clear(out, row);
    else
      finish(out, row, fold.finished(pooling_), scratch);
  };
  if constexpr (RowPacker<X, S>::possible)
    if (reads_ == Reads::every_token && RowPacker<X, S>::fits(x_)) {
      RowGroup<P, X, S> group(pooling_, x_, selection_);
      for (Index row = first; row < last; row += most_packed_rows)
        group.pool(row, (std::min)(most_packed_rows, last - row), finish_row);
      return;
    }
  BlockReader<X, S> reader(x_, selection_);
  RowFold<P, T> fold;
  for (Index row = first; row < last; ++row) {
    detail::fold_row(fold, pooling_, reader, x_.hidden(), row, reads_);
    finish_row(row, fold);
  }
}

// Every block gets its own state and a thread to fold it. It works in rounds, so there are few states compared to
// tokens.
template <class P, class X, class S>
template <class D>
void RowPooler<P, X, S>::pool_blocks(MatrixView<Element> out, const D& device) const {
  const Index round = (std::min)(detail::threads_of(device), Index{64}) * 64;
  std::vector<Block> blocks;
  std::vector<State> states;
  State whole;
  Accumulators<Element> scratch;
  BlockReader<X, S> planner(x_, selection_);
  Index open = -1;  // the row that `whole` has the first blocks of
  const auto close = [&] {
    if (open >= 0) finish(out, open, whole, scratch);
    open = -1;
  };
  const auto fold_and_merge = [&] {
    if (states.size() < blocks.size()) states.resize(blocks.size());
    detail::share_out(device, static_cast<Index>(blocks.size()), bytes(block_tokens), [&](Index first, Index last) {
      BlockReader<X, S> reader(x_, selection_);
      for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i) {
        reader.start(blocks[i].row, blocks[i].tokens, blocks[i].number);
        pooling_.init(states[i], x_.hidden());
        pooling_.fold(states[i], reader.next());
      }
    });
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      if (blocks[i].row == open) {
        pooling_.merge(whole, states[i]);
        continue;
      }
      close();
      std::swap(whole, states[i]);
      open = blocks[i].row;
    }
    blocks.clear();
  };
  for (Index row = 0; row < rows_; ++row) {
    planner.start(row);
    if (planner.at_end()) clear(out, row);
    while (!planner.at_end()) {
      const Index number = planner.number();
      blocks.push_back({row, planner.skip(), number});
      if (static_cast<Index>(blocks.size()) == round) fold_and_merge();
    }
  }
  fold_and_merge();
  close();
}

template <class P, class X, class S>
void RowPooler<P, X, S>::finish(MatrixView<Element> out, Index row, State& state,
                                Accumulators<Element>& scratch) const {
  const auto width = static_cast<std::size_t>(width_);
  Element* const target = out.data + row * out.row_stride;
  if (out.column_stride == 1) {
    pooling_.finish(state, std::span<Element>(target, width));
    detail::make_canonical(target, width_);
    return;
  }
  scratch.assign(width, Element(0));
  pooling_.finish(state, std::span<Element>(scratch));
  for (Index column = 0; column < width_; ++column)
    out(row, column) = detail::canonical(scratch[static_cast<std::size_t>(column)]);
}

// An empty row is zeros for every pooling, including users' own.
template <class P, class X, class S> void RowPooler<P, X, S>::clear(MatrixView<Element> out, Index row) {
  for (Index column = 0; column < out.columns; ++column) out(row, column) = Element(0);
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
