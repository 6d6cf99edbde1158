// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/driver/device.hpp>
#include <seqpool/driver/row_mapper.hpp>
#include <seqpool/driver/row_pooler.hpp>
#include <seqpool/fold/gradients.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::detail {

// Memory for the gradients of tokens, `[batch, seq, hidden]`, by its strides; or none.
template <class A> struct TokenRoom {
  A* data = nullptr;
  Index seq = 0;
  std::array<Index, 3> strides{};
};

// Rows one after another, forward to their result and back to their tokens.
template <class P, class X, class S> class RowGradient {
 public:
  using T = typename X::value_type;
  using A = accumulator_t<T>;
  using Fold = RowFold<P, T>;

  // Whether rows may not be the sequences, so that a sequence may have several, or none.
  static constexpr bool has_spans =
      requires(const S& s) { s.sequence(Index{0}); } || requires(const S& s) { s.rows(Index{0}); };

  RowGradient(const P& pooling, const X& x, const S& selection, const TokenRoom<A>& room)
      : pooling_(pooling),
        x_(x),
        selection_(selection),
        room_(room),
        reads_(seqpool::reads_of(pooling)),
        by_block_(!seqpool::per_token_of(pooling)),
        reader_(x, selection) {}

  // Pools the row to out, `[width]`. Returns its state, or null if there is no real token.
  state_t<P, T>* forward(Fold& fold, Index row, std::span<A> out);

  // The state alone, for a pooling that goes back by the count of tokens: reads none.
  state_t<P, T>* count(Fold& fold, Index row)
    requires BackwardByCount<P>;

  // Writes the gradients of its tokens and adds to `own`, those of the parameters. The state is null if there is no
  // real token.
  void backward(const state_t<P, T>* state, Index row, std::span<const A> out, std::span<const A> d_out,
                std::span<A> own);

  // Zeros for all tokens of a row that are not given to backward: padding.
  void clear_padding(Index row);
  // Zeros for tokens [first, last) of a sequence.
  void clear(Index sequence, Index first, Index last);

 private:
  A* place(Index sequence, Index position) const {
    return room_.data + sequence * room_.strides[0] + position * room_.strides[1];
  }
  bool is_buffered() const { return room_.strides[2] != 1 && x_.hidden() > 1; }

  const P& pooling_;
  const X& x_;
  const S& selection_;
  TokenRoom<A> room_;
  Reads reads_;
  bool by_block_;  // whether parameters' gradients are summed for each block by itself
  BlockReader<X, S> reader_;
  std::array<Scratch<A>, 2> scratch_;
  Scratch<A> buffer_;     // [block, hidden], if features are not neighbours in room_
  Scratch<A> block_own_;  // [parameters]
  Scratch<A> left_;       // [width]
};

// What the rows of a group add to parameters' gradients is summed by itself, in order, and the groups' sums are added
// in order: so the bits depend on how many rows there are, and not on threads. 16 groups at least can be shared out.
inline Index rows_of_group(Index rows) { return std::clamp(rows / 16, Index{1}, Index{64}); }

// All rows forward to their result, turned there, and back. turn(row, out, d_out, own) gets a few rows from `row` on,
// as many as stay in L2: it writes d_out, adds to `own` and returns the loss. A copy of it works for each thread.
// Returns the sum of the losses. own: the pooling's parameters and those of turn, `[count]`, which is added to, or
// empty.
template <class P, class X, class S, class D, class Turn>
double go_back(const P& pooling, const X& x, const S& selection,
               const TokenRoom<accumulator_t<typename X::value_type>>& room, const D& device, std::span<double> own,
               const Turn& turn);

// ---------------------------------------------------------------------------------------------------------------------

template <class P, class X, class S>
auto RowGradient<P, X, S>::forward(Fold& fold, Index row, std::span<A> out) -> state_t<P, T>* {
  detail::fold_row(fold, pooling_, reader_, x_.hidden(), row, reads_);
  if (fold.count() == 0) {
    std::fill(out.begin(), out.end(), A(0));
    return nullptr;
  }
  state_t<P, T>& state = fold.finished(pooling_);
  pooling_.finish(state, out);
  return &state;
}

template <class P, class X, class S>
auto RowGradient<P, X, S>::count(Fold& fold, Index row) -> state_t<P, T>*
  requires BackwardByCount<P>
{
  reader_.start(row);
  while (!reader_.at_end()) reader_.skip();
  return reader_.number() == 0 ? nullptr : &fold.counted(pooling_, x_.hidden(), reader_.number());
}

template <class P, class X, class S> void RowGradient<P, X, S>::clear(Index sequence, Index first, Index last) {
  for (Index s = first; s < last; ++s) {
    A* const target = place(sequence, s);
    if (room_.strides[2] == 1)
      std::fill_n(target, x_.hidden(), A(0));
    else
      for (Index h = 0; h < x_.hidden(); ++h) target[h * room_.strides[2]] = A(0);
  }
}

template <class P, class X, class S> void RowGradient<P, X, S>::clear_padding(Index row) {
  Index done = 0;
  if (reads_ == Reads::every_token) {
    const Index end = x_.seq(row);
    for (Run run = seqpool::next_run(selection_, row, {0, end}); run.begin < run.end;
         run = seqpool::next_run(selection_, row, {run.end, end})) {
      clear(row, done, run.begin);
      done = run.end;
    }
  }
  clear(row, done, room_.seq);
}

template <class P, class X, class S>
void RowGradient<P, X, S>::backward(const state_t<P, T>* state, Index row, std::span<const A> out,
                                    std::span<const A> d_out, std::span<A> own) {
  if constexpr (!has_spans)
    if (room_.data != nullptr) clear_padding(row);
  if (state == nullptr || (room_.data == nullptr && own.empty())) return;
  Gradients<A> gradients;
  gradients.out = out;
  gradients.d_out = d_out;
  gradients.left = {left_.of(static_cast<Index>(d_out.size())), d_out.size()};
  std::copy(d_out.begin(), d_out.end(), gradients.left.begin());
  gradients.own = own;
  gradients.scratch_ = scratch_.data();
  const Index sequence = seqpool::sequence_of(selection_, row);
  detail::for_each_block(reader_, row, reads_, [&](const TokenBlock<T>& tokens) {
    if (by_block_ && !own.empty()) {
      gradients.own = {block_own_.of(static_cast<Index>(own.size())), own.size()};
      std::fill(gradients.own.begin(), gradients.own.end(), A(0));
    }
    if (room_.data != nullptr) {
      gradients.by_number_ = is_buffered();
      gradients.first_number_ = tokens.number(0);
      gradients.data_ = is_buffered() ? buffer_.of(block_tokens * x_.hidden()) : place(sequence, 0);
      gradients.stride_ = is_buffered() ? x_.hidden() : room_.strides[1];
    }
    pooling_.backward(*state, tokens, std::as_const(gradients));
    if (by_block_ && !own.empty()) as_array(own) += as_array(gradients.own);
    if (room_.data != nullptr && is_buffered())
      for (Index i = 0; i < tokens.size(); ++i)
        for (Index h = 0; h < x_.hidden(); ++h)
          place(sequence, tokens.position(i))[h * room_.strides[2]] = gradients.data_[i * x_.hidden() + h];
  });
}

template <class P, class X, class S, class D, class Turn>
double go_back(const P& pooling, const X& x, const S& selection,
               const TokenRoom<accumulator_t<typename X::value_type>>& room, const D& device, std::span<double> own,
               const Turn& turn) {
  using T = typename X::value_type;
  using A = accumulator_t<T>;
  using Back = RowGradient<P, X, S>;
  const Index rows = seqpool::rows_of(selection, x.batch());
  const Index width = static_cast<Index>(pooling.width(x.hidden()));
  const Index own_pooling = own.empty() ? 0 : seqpool::parameter_count(pooling);
  const bool goes_on = room.data != nullptr || own_pooling > 0;  // beyond the result
  if constexpr (Back::has_spans)
    if (room.data != nullptr) {
      Back all(pooling, x, selection, room);
      for (Index b = 0; b < x.batch(); ++b) all.clear(b, 0, room.seq);
    }
  const double row_bytes = static_cast<double>(x.seq()) * static_cast<double>(x.hidden()) * sizeof(T);
  const Index together = static_cast<Index>(std::clamp(double{1 << 19} / (std::max)(row_bytes, 1.0), 1.0, 64.0));
  const Index group = detail::rows_of_group(rows);
  const Index groups = (rows + group - 1) / group;
  // Groups are worked off in rounds, so that there are few sums at a time.
  const Index threads = detail::threads_of(device);
  const Index many = threads == 1 ? 1 : 16 * threads;
  const Index few = (Index{1} << 22) / (static_cast<Index>(own.size()) + 1);
  const Index round = own.empty() ? groups : std::clamp(few, threads, many);
  const std::size_t sums_size = own.size() * static_cast<std::size_t>((std::min)(round, groups));
  AlignedVector<A> sums(sums_size);
  std::vector<double> losses(static_cast<std::size_t>((std::min)(round, groups)));
  double loss = 0;
  for (Index begin = 0; begin < groups; begin += round) {
    const Index in_round = (std::min)(round, groups - begin);
    detail::share_out(device, in_round, row_bytes * static_cast<double>(group), [&](Index first, Index last) {
      Back back(pooling, x, selection, room);
      Turn own_turn(turn);
      std::vector<typename Back::Fold> folds(static_cast<std::size_t>((std::min)(together, group)));
      std::vector<const state_t<P, T>*> states(folds.size());
      AlignedVector<A> vectors(static_cast<std::size_t>(2 * width) * folds.size());
      const auto room_for = static_cast<Index>(folds.size());
      for (Index g = first; g < last; ++g) {
        const std::span<A> sum = std::span(sums).subspan(own.size() * static_cast<std::size_t>(g), own.size());
        std::fill(sum.begin(), sum.end(), A(0));
        double& group_loss = losses[static_cast<std::size_t>(g)] = 0;
        const Index end = (std::min)(rows, (begin + g + 1) * group);
        for (Index row = (begin + g) * group; row < end; row += room_for) {
          const Index count = (std::min)(room_for, end - row);
          const Rows<A> out(vectors.data(), count, width, width);
          const Rows<A> d_out(vectors.data() + room_for * width, goes_on ? count : 0, width, width);
          for (Index i = 0; i < count; ++i)
            states[static_cast<std::size_t>(i)] =
                own_turn.state(back, folds[static_cast<std::size_t>(i)], row + i, out[i]);
          group_loss += own_turn(row, out, d_out, sum.subspan(static_cast<std::size_t>(own_pooling)));
          for (Index i = 0; i < d_out.size(); ++i)
            back.backward(states[static_cast<std::size_t>(i)], row + i, out[i], d_out[i],
                          sum.first(static_cast<std::size_t>(own_pooling)));
        }
      }
    });
    for (Index g = 0; g < in_round; ++g) {
      loss += losses[static_cast<std::size_t>(g)];
      for (std::size_t i = 0; i < own.size(); ++i)
        own[i] += static_cast<double>(sums[own.size() * static_cast<std::size_t>(g) + i]);
    }
  }
  return loss;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
