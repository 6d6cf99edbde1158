// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/door/argument_checks.hpp>
#include <seqpool/door/overlap.hpp>
#include <seqpool/driver/row_gradient.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/input/hidden_states.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <type_traits>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::detail {

// Each of these is true, or a compile error that says what to write instead.

template <class P, class T> consteval bool is_differentiable() {
  constexpr bool in_numbers = std::same_as<result_t<P, T>, accumulator_t<T>>;
  static_assert(
      in_numbers,
      "seqpool: this pooling has no gradient, because its result is not of real numbers: MaxIndices gives "
      "places, which do not change gradually with the tokens. Take Max, whose gradient goes to those places.");
  if constexpr (in_numbers) {
    static_assert(Differentiable<P, T>,
                  "seqpool: this pooling does not say how it goes back, so it has no gradient: add void backward(const "
                  "auto& state, const auto& tokens, const auto& gradients) const; see seqpool/fold/gradients.hpp. A "
                  "scorer of a SoftmaxPooling says backward(tile, d_scores, gradients), and each pooling of a Concat "
                  "its own.");
    return Differentiable<P, T>;
  }
  return false;
}

template <bool head> consteval bool is_differentiable_head() {
  static_assert(
      head,
      "seqpool: a head here does not say how it goes back, so it has no gradient: add void backward(Rows<const "
      "A> in, Rows<const A> d_out, Rows<A> d_in, std::span<A> own) const; see seqpool/head/head.hpp.");
  return head;
}

template <bool loss> consteval bool is_loss() {
  static_assert(loss,
                "seqpool: gradient(classifier, x, mask, loss) takes a seqpool::Loss: CrossEntropy(labels), "
                "BinaryCrossEntropy(targets), SquaredError(targets), or your own with check(rows, logits) and "
                "of_row(row, logits, d_logits). Of a pooling it takes d_out, [batch, width].");
  return loss;
}

template <class G> consteval bool is_d_out() {
  static_assert(ScalarVectors<G>,
                "seqpool: gradient(pooling, x, mask, d_out) takes d loss / d out, [batch, width]: an Eigen tensor of "
                "rank 2, or seqpool::Vectors. The mask comes before it: write seqpool::all_tokens if there is none. A "
                "loss goes with a Classifier{pooling, heads...} or an Embedder.");
  return ScalarVectors<G>;
}

// For gradient_into: memory for the gradients of tokens.
template <class Out, class A> consteval bool is_token_room() {
  using X = std::remove_cvref_t<Out>;
  if constexpr (EigenTensorOfRank<X, 3>) {
    using Found = std::remove_pointer_t<decltype(std::declval<Out&>().data())>;
    constexpr bool lawful = std::same_as<Found, A>;
    static_assert(lawful,
                  "seqpool: d_x must be writable and of the accumulator's scalar: double for double hidden states, "
                  "float for float, Eigen::half and Eigen::bfloat16.");
    return lawful;
  } else {
    static_assert(EigenTensorOfRank<X, 3>,
                  "seqpool: gradient_into(d_x, pooling, x, mask, d_out) writes to d_x, [batch, seq, hidden]: an "
                  "Eigen::Tensor or Eigen::TensorMap of rank 3.");
    return false;
  }
}

// Where gradients of tokens go: a tensor of x's sizes that does not lie in x's memory.
template <class A, class Out, class X> TokenRoom<A> token_room(Out& d_x, const X& x) {
  const auto sizes = detail::sizes_of<3>(d_x);
  if (d_x.data() == nullptr && d_x.size() != 0) detail::fail({"d_x ", detail::shape(sizes), " has a null pointer"});
  const HiddenStates<A> view(std::as_const(d_x));
  if (view.batch() != x.batch() || view.seq() != x.seq() || view.hidden() != x.hidden())
    detail::fail({"d_x is ", detail::shape(sizes), ", but hidden states are ",
                  detail::shape({x.batch(), x.seq(), x.hidden()}), ": both must be the same"});
  const Index size = x.batch() * x.seq() * x.hidden();
  if (size == 0) return {};
  detail::check_apart(MatrixView<A>{d_x.data(), 1, size, size, 1}, x, "d_x", sizes);
  return {d_x.data(), x.seq(), {view.batch_stride(), view.token_stride(), view.hidden_stride()}};
}

// Throws if gradients of tokens would be written where d_out lies, which is read a few rows at a time.
template <class A, class X, class G>
void check_apart_from_d_out(const TokenRoom<A>& room, const X& x, const MatrixView<G>& d_out) {
  if (room.data == nullptr) return;
  const std::array<Index, 3> sizes{x.batch(), x.seq(), x.hidden()};
  const HiddenStates<std::remove_const_t<G>> rows(d_out.data, {1, d_out.rows, d_out.columns},
                                                  {0, d_out.row_stride, d_out.column_stride});
  if (detail::overlaps(rows, Extent::of({room.data, room.data + (sizes[0] * sizes[1] * sizes[2] - 1)})))
    detail::fail({"d_x ", detail::shape(sizes), " lies in the memory of d_out ",
                  detail::shape({d_out.rows, d_out.columns}),
                  ": one is read after the other is written, so pass memory of its own"});
}

// Throws if a token belongs to two rows, whose gradients would be written over each other.
template <class S, class X> void check_rows_apart(const S& selection, const X& x) {
  if constexpr (requires { selection.sequence(Index{0}); }) {
    struct Tokens {
      Index sequence;
      Run run;
      Index row;
    };
    std::vector<Tokens> all;
    for (Index row = 0; row < seqpool::rows_of(selection, x.batch()); ++row) {
      const Index b = seqpool::sequence_of(selection, row), end = x.seq(b);
      for (Run run = seqpool::next_run(selection, row, {0, end}); run.begin < run.end;
           run = seqpool::next_run(selection, row, {run.end, end}))
        all.push_back({b, run, row});
    }
    std::sort(all.begin(), all.end(), [](const Tokens& a, const Tokens& b) {
      return a.sequence < b.sequence || (a.sequence == b.sequence && a.run.begin < b.run.begin);
    });
    for (std::size_t i = 1; i < all.size(); ++i)
      if (all[i].sequence == all[i - 1].sequence && all[i].run.begin < all[i - 1].run.end)
        detail::fail({"rows ", all[i - 1].row, " and ", all[i].row, " have token ", all[i].run.begin, " of sequence ",
                      all[i].sequence,
                      " in common: a gradient is taken of spans that do not overlap; take it of those "
                      "that do one by one, and add the tokens' gradients"});
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
