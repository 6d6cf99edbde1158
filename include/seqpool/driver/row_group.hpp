// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/compiler.hpp>
#include <seqpool/detail/token_source.hpp>
#include <seqpool/detail/transpose.hpp>
#include <seqpool/driver/block_reader.hpp>
#include <seqpool/driver/row_fold.hpp>
#include <seqpool/fold/token_block.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::detail {

// The most rows that are packed together.
inline constexpr Index most_packed_rows = 64;

// Column-major hidden states hold one feature of one token of all rows side by side, so a cache line belongs to many
// rows. Therefore a group of rows is packed together, a window of positions at a time: each row's real tokens go into
// its own slots, where they wait to be taken. Nothing in here knows a pooling, so all poolings share its code.
template <class X, class S> class RowPacker {
 public:
  using T = typename X::value_type;

  // Whether rows are sequences in one array.
  static constexpr bool possible =
      !requires(const S& s) { s.sequence(Index{0}); } && requires(const X& x) { x.batch_stride(); };

  // Whether rows of such an array lie side by side, and either fill a cache line or have the next token's rows right
  // after them. Features that lie side by side need no packing.
  static bool fits(const X& x) noexcept
    requires possible
  {
    return x.hidden_stride() != 1 && x.batch_stride() == 1 && (x.batch() >= line || x.token_stride() == x.batch());
  }

  RowPacker(const X& x, const S& selection);

  // Begins with rows [first, first + count).
  void start(Index first, Index count);

  // Positions that are packed at a time.
  Index window() const noexcept { return window_; }

  // Packs the rows' real tokens of [begin, end), a window.
  void pack(Index begin, Index end);

  // How many tokens of row first + i wait.
  Index waiting(Index i) const { return rows_[static_cast<std::size_t>(i)].waiting; }

  // Takes `count` of them: a whole tile, or all that are left of the row.
  TokenBlock<T> take(Index i, Index count);

 private:
  // The elements in a cache line. This many neighbours and features are packed at a time.
  static constexpr Index line = static_cast<Index>(line_elements<T>);

  struct Row {
    Run run{0, 0};      // what is left of the run that the next token is in
    Index base = 0;     // the slot of the first token that waits; the others follow, and wrap around
    Index waiting = 0;  // how many wait
    Index number = 0;   // how many were taken
  };

  T* slot(Index i, Index place) { return packed_.data() + (i * slots_ + place) * stride_; }
  Index* positions(Index i) { return positions_.data() + i * slots_; }
  void choose_slots(Index begin, Index end);
  void pack_line(const T* source, Index feature, Index features, T* const* targets, Index first, Index low, Index high);

  const X& x_;
  const S& selection_;
  Index first_ = 0;
  Index count_ = 0;
  Index window_;
  Index slots_;   // of a row: a window's tokens and a tile that waits
  Index stride_;  // elements from one slot to the next
  std::vector<Row> rows_;
  std::vector<Index> positions_;  // [rows, slots]
  AlignedVector<T> packed_;       // [rows, slots, stride]
  std::vector<T*> targets_;       // [window, rows]: where each token goes; null for a padded one
};

// Pools such rows, tile by tile as they are packed.
template <class P, class X, class S> class RowGroup {
 public:
  using T = typename X::value_type;

  RowGroup(const P& pooling, const X& x, const S& selection)
      : pooling_(pooling),
        x_(x),
        packer_(x, selection),
        folds_(static_cast<std::size_t>((std::min)(most_packed_rows, x.batch()))) {}

  // Calls f(row, fold) for each row of [first, first + count), once its tokens are taken in.
  template <class F> void pool(Index first, Index count, F f);

 private:
  const P& pooling_;
  const X& x_;
  RowPacker<X, S> packer_;
  std::vector<RowFold<P, T>> folds_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class X, class S> RowPacker<X, S>::RowPacker(const X& x, const S& selection) : x_(x), selection_(selection) {
  const Index rows = (std::min)(most_packed_rows, x.batch());
  // A window holds a page of neighbours, so that memory is read in stretches.
  window_ = (std::min)((std::max)(512 / rows / tile_tokens, Index{1}) * tile_tokens, Index{64});
  slots_ = window_ + tile_tokens;
  // Slots are an odd number of cache lines apart, so that one feature of all slots does not fall into the same few
  // sets.
  stride_ = ((x.hidden() + line - 1) / line | 1) * line;
  rows_.resize(static_cast<std::size_t>(rows));
  positions_.resize(static_cast<std::size_t>(rows * slots_));
  packed_.resize(static_cast<std::size_t>(rows * slots_ * stride_));
  targets_.resize(static_cast<std::size_t>(rows * window_));
}

template <class X, class S> void RowPacker<X, S>::start(Index first, Index count) {
  first_ = first;
  count_ = count;
  for (Index i = 0; i < count; ++i)
    rows_[static_cast<std::size_t>(i)] = {seqpool::next_run(selection_, first + i, {0, x_.seq()}), 0, 0, 0};
}

template <class X, class S> void RowPacker<X, S>::choose_slots(Index begin, Index end) {
  for (Index i = 0; i < count_; ++i) {
    Row& row = rows_[static_cast<std::size_t>(i)];
    if (row.waiting == 0) row.base = 0;
    T** target = targets_.data() + i;
    for (Index s = begin; s < end; ++s, target += count_) {
      *target = nullptr;
      if (s < row.run.begin || row.run.begin == row.run.end) continue;
      const Index place = (row.base + row.waiting++) % slots_;
      positions(i)[place] = s;
      *target = slot(i, place);
      if (++row.run.begin == row.run.end) row.run = seqpool::next_run(selection_, first_ + i, {s + 1, x_.seq()});
    }
  }
}

template <class X, class S> void RowPacker<X, S>::pack(Index begin, Index end) {
  choose_slots(begin, end);
  // Neighbours in memory: all of the window, or the group's rows at one position.
  const bool whole = x_.token_stride() == count_;
  const Index stretch = whole ? (end - begin) * count_ : count_;
  for (Index feature = 0; feature < x_.hidden(); feature += line) {
    const Index features = (std::min)(line, x_.hidden() - feature);
    for (Index s = begin; s < end; s += whole ? end - begin : 1) {
      const T* const source = x_.token(first_, s) + feature * x_.hidden_stride();
      T* const* const targets = targets_.data() + (s - begin) * count_;
      for (Index i = 0; i < stretch; i += line) {
        Index low = i;
        Index high = (std::min)(i + line, stretch);
        while (low < high && targets[low] == nullptr) ++low;
        if (low == high) continue;
        while (targets[high - 1] == nullptr) --high;
        if (feature + line < x_.hidden())  // the same neighbours of the next features
          for (Index f = 0; f < features; ++f) detail::prefetch(source + (f + line) * x_.hidden_stride() + low);
        pack_line(source, feature, features, targets, i, low, high);
      }
    }
  }
}

// Packs some features of the neighbours [low, high) in the line that begins at neighbour `first`; the first and the
// last of them belong to real tokens. It goes through a square in L1, so every line of memory is read once and written
// once.
template <class X, class S>
void RowPacker<X, S>::pack_line(const T* source, Index feature, Index features, T* const* targets, Index first,
                                Index low, Index high) {
  alignas(64) LineSquare<T> square;
  std::array<T*, std::size_t{line}> own{};
  for (Index i = low; i < high; ++i)
    if (targets[i] != nullptr) own[static_cast<std::size_t>(i - first)] = targets[i] + feature;
  const Index stride = x_.hidden_stride();
  if (high - low == line && features == line) {
    for (std::size_t f = 0; f < std::size_t{line}; ++f)
      std::memcpy(square[f].data(), source + first + static_cast<Index>(f) * stride, sizeof square[f]);
    detail::transpose(square, own.data());
    return;
  }
  for (Index f = 0; f < features; ++f)
    std::memcpy(square[static_cast<std::size_t>(f)].data() + (low - first), source + low + f * stride,
                static_cast<std::size_t>(high - low) * sizeof(T));
  if (features == line) {
    detail::transpose(square, own.data());
    return;
  }
  for (std::size_t i = 0; i < own.size(); ++i)
    if (own[i] != nullptr)
      for (Index f = 0; f < features; ++f) own[i][f] = square[static_cast<std::size_t>(f)][i];
}

template <class X, class S> auto RowPacker<X, S>::take(Index i, Index count) -> TokenBlock<T> {
  Row& row = rows_[static_cast<std::size_t>(i)];
  const Index base = row.base;
  row.base = (base + count) % slots_;
  row.waiting -= count;
  const TokenSource<T> source{
      .row = first_ + i, .sequence = first_ + i, .number = row.number, .positions = positions(i) + base};
  row.number += count;
  return {slot(i, base), count, x_.hidden(), stride_, source};
}

template <class P, class X, class S> template <class F> void RowGroup<P, X, S>::pool(Index first, Index count, F f) {
  packer_.start(first, count);
  for (Index i = 0; i < count; ++i) folds_[static_cast<std::size_t>(i)].start(x_.hidden());
  const auto fold = [&](Index i, Index tokens) {
    folds_[static_cast<std::size_t>(i)].fold(pooling_, packer_.take(i, tokens));
  };
  for (Index begin = 0; begin < x_.seq(); begin += packer_.window()) {
    packer_.pack(begin, (std::min)(begin + packer_.window(), Index{x_.seq()}));
    for (Index i = 0; i < count; ++i)
      while (packer_.waiting(i) >= tile_tokens) fold(i, tile_tokens);
  }
  for (Index i = 0; i < count; ++i) {
    if (packer_.waiting(i) > 0) fold(i, packer_.waiting(i));
    f(first + i, folds_[static_cast<std::size_t>(i)]);
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
