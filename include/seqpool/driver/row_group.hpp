// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_DRIVER_ROW_GROUP_HPP
#define SEQPOOL_DRIVER_ROW_GROUP_HPP

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/token_source.hpp>
#include <seqpool/detail/transpose.hpp>
#include <seqpool/driver/block_reader.hpp>
#include <seqpool/driver/row_fold.hpp>
#include <seqpool/fold/token_block.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::detail {

// Column-major hidden states hold one feature of one token of all rows side by side, so a cache line of them belongs to
// many rows. Rows are packed together: a window of positions of a group of rows at a time, each row's real tokens into
// slots of its own, where whole tiles are folded as soon as they are there.
template <class P, class X, class S>
class RowGroup {
 public:
  using T = typename X::value_type;

  static constexpr Index most_rows = 64;

  // Whether rows are sequences in one array ...
  static constexpr bool possible = !requires(const S& s) { s.sequence(Index{0}); }
  &&requires(const X& x) { x.batch_stride(); };

  // ... and they, or one row's tokens, lie side by side.
  static bool fits(const X& x) noexcept requires possible {
    return x.hidden_stride() != 1 && x.batch_stride() == 1 && (x.batch() >= line || x.token_stride() == x.batch());
  }

  RowGroup(const P& pooling, const X& x, const S& selection);

  // f(row, fold) for each row of [first, first + count), its tokens taken in.
  template <class F>
  void pool(Index first, Index count, F f);

 private:
  // Elements in a cache line: so many neighbours and features are packed at a time.
  static constexpr Index line = static_cast<Index>(line_elements<T>);

  struct Row {
    explicit Row(Index hidden) : fold(hidden) {}
    RowFold<P, T> fold;
    Run run{0, 0};      // what is left of the run that the next token is in
    Index base = 0;     // the slot of the first token that waits; the others go on behind it, around the last slot
    Index pending = 0;  // how many wait
    std::vector<Index> positions;  // [slots]
  };

  Row& at(Index i) { return rows_[static_cast<std::size_t>(i)]; }
  T* slot(Index i, Index place) { return packed_.data() + (i * slots_ + place) * stride_; }
  void choose_slots(Index begin, Index end);
  void pack(Index begin, Index end);
  void pack_line(const T* source, Index feature, Index features, T* const* targets, Index first, Index low, Index high);
  void fold(Row& row, Index i, Index count);

  const P& pooling_;
  const X& x_;
  const S& selection_;
  Index first_ = 0;
  Index count_ = 0;
  Index window_;  // positions that are packed at a time
  Index slots_;   // of a row: a window's tokens and a tile that waits
  Index stride_;  // elements from one slot to the next
  std::vector<Row> rows_;
  AlignedVector<T> packed_;  // [rows, slots, stride]
  std::vector<T*> targets_;  // [window, rows]: where each token goes; null for a padded one
};

// ---------------------------------------------------------------------------------------------------------------------

template <class P, class X, class S>
RowGroup<P, X, S>::RowGroup(const P& pooling, const X& x, const S& selection)
    : pooling_(pooling), x_(x), selection_(selection) {
  const Index rows = (std::min)(most_rows, x.batch());
  // A page of neighbours, so that memory is read in stretches.
  window_ = (std::min)((std::max)(512 / rows / tile_tokens, Index{1}) * tile_tokens, Index{64});
  slots_ = window_ + tile_tokens;
  // An odd number of cache lines apart, so that one feature of all slots does not fall into the same few sets.
  stride_ = ((x.hidden() + line - 1) / line | 1) * line;
  rows_.reserve(static_cast<std::size_t>(rows));
  for (Index i = 0; i < rows; ++i) {
    rows_.emplace_back(x.hidden());
    rows_.back().positions.resize(static_cast<std::size_t>(slots_));
  }
  packed_.resize(static_cast<std::size_t>(rows * slots_ * stride_));
  targets_.resize(static_cast<std::size_t>(rows * window_));
}

template <class P, class X, class S>
template <class F>
void RowGroup<P, X, S>::pool(Index first, Index count, F f) {
  first_ = first;
  count_ = count;
  for (Index i = 0; i < count; ++i) {
    at(i).fold.start();
    at(i).base = at(i).pending = 0;
    at(i).run = detail::next_run(selection_, first + i, {0, x_.seq()});
  }
  for (Index begin = 0; begin < x_.seq(); begin += window_) {
    const Index end = (std::min)(begin + window_, Index{x_.seq()});
    choose_slots(begin, end);
    pack(begin, end);
    for (Index i = 0; i < count; ++i)
      while (at(i).pending >= tile_tokens) fold(at(i), i, tile_tokens);
  }
  for (Index i = 0; i < count; ++i) {
    if (at(i).pending > 0) fold(at(i), i, at(i).pending);
    f(first + i, at(i).fold);
  }
}

template <class P, class X, class S>
void RowGroup<P, X, S>::choose_slots(Index begin, Index end) {
  for (Index i = 0; i < count_; ++i) {
    Row& row = at(i);
    if (row.pending == 0) row.base = 0;
    T** target = targets_.data() + i;
    for (Index s = begin; s < end; ++s, target += count_) {
      *target = nullptr;
      if (s < row.run.begin || row.run.begin == row.run.end) continue;
      const Index place = (row.base + row.pending++) % slots_;
      row.positions[static_cast<std::size_t>(place)] = s;
      *target = slot(i, place);
      if (++row.run.begin == row.run.end) row.run = detail::next_run(selection_, first_ + i, {s + 1, x_.seq()});
    }
  }
}

template <class P, class X, class S>
void RowGroup<P, X, S>::pack(Index begin, Index end) {
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
#if defined(__GNUC__)
        if (feature + line < x_.hidden())  // the same neighbours of the next features, into L2
          for (Index f = 0; f < features; ++f) __builtin_prefetch(source + (f + line) * x_.hidden_stride() + low, 0, 2);
#endif
        pack_line(source, feature, features, targets, i, low, high);
      }
    }
  }
}

// Some features of the neighbours [low, high), of which the first and the last are real tokens', in the line that
// begins at neighbour `first`. By way of a tile that is in L1, so that every line of memory is read once and written
// once.
template <class P, class X, class S>
void RowGroup<P, X, S>::pack_line(const T* source, Index feature, Index features, T* const* targets, Index first,
                                  Index low, Index high) {
  alignas(64) LineTile<T> tile;
  std::array<T*, std::size_t{line}> own{};
  for (Index i = low; i < high; ++i)
    if (targets[i] != nullptr) own[static_cast<std::size_t>(i - first)] = targets[i] + feature;
  const Index stride = x_.hidden_stride();
  if (high - low == line && features == line) {
    for (std::size_t f = 0; f < std::size_t{line}; ++f)
      std::memcpy(tile[f].data(), source + first + static_cast<Index>(f) * stride, sizeof tile[f]);
    detail::transpose(tile, own.data());
    return;
  }
  for (Index f = 0; f < features; ++f)
    std::memcpy(tile[static_cast<std::size_t>(f)].data() + (low - first), source + low + f * stride,
                static_cast<std::size_t>(high - low) * sizeof(T));
  if (features == line) {
    detail::transpose(tile, own.data());
    return;
  }
  for (std::size_t i = 0; i < own.size(); ++i)
    if (own[i] != nullptr)
      for (Index f = 0; f < features; ++f) own[i][f] = tile[static_cast<std::size_t>(f)][i];
}

template <class P, class X, class S>
void RowGroup<P, X, S>::fold(Row& row, Index i, Index count) {
  const TokenSource<T> source{.row = first_ + i, .sequence = first_ + i, .positions = row.positions.data() + row.base};
  row.fold.fold(pooling_, TokenBlock<T>(slot(i, row.base), count, x_.hidden(), stride_, source));
  row.pending -= count;
  row.base = (row.base + count) % slots_;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail

#endif
