// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/check.hpp>
#include <seqpool/detail/matrix.hpp>
#include <seqpool/detail/rows.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/door/arguments.hpp>
#include <seqpool/driver/block_reader.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/head/any_head.hpp>
#include <seqpool/head/head.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/scalar.hpp>
#include <seqpool/version.hpp>

#include <unsupported/Eigen/CXX11/Tensor>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string>

// Hidden states as a folder's classes take them.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// Each of these is true, or a sentence.
template <class X> consteval bool are_float_states() {
  constexpr bool lawful = !std::same_as<typename seqpool::detail::sequences_t<X>::value_type, double>;
  static_assert(lawful,
                "seqpool: a model's folder works on hidden states of float, Eigen::half or Eigen::bfloat16; convert "
                "those of double first, for example with Eigen::Tensor<float, 3>(x.cast<float>()).");
  return lawful;
}

template <class M> consteval bool is_mask_of_rows() {
  constexpr bool lawful = !requires(const M& mask, Index row) { mask.sequence(row); };
  static_assert(lawful,
                "seqpool: each token is taken once here, so that Spans cannot say which: pass a mask, Lengths or "
                "nothing.");
  return lawful;
}

inline void check_hidden(Index found, Index hidden) {
  if (found != hidden)
    seqpool::detail::fail("hidden states have " + std::to_string(found) + " features, but the model's encoder gives " +
                          std::to_string(hidden));
}

// f(sequence, run) for each run of real tokens, cut into pieces of a block at most.
template <class States, class M, class F> void for_each_run(const States& states, const M& mask, F f) {
  const auto& selection = seqpool::detail::selection_of(mask);
  seqpool::check_selection(selection, states);
  const Index rows = seqpool::rows_of(selection, states.batch());
  for (Index b = 0; b < rows; ++b) {
    const Index end = states.seq(b);
    for (Run run = seqpool::next_run(selection, b, {0, end}); run.begin < run.end;
         run = seqpool::next_run(selection, b, {run.end, end}))
      for (Index s = run.begin; s < run.end; s += seqpool::detail::block_tokens)
        f(b, Run{s, (std::min)(s + seqpool::detail::block_tokens, run.end)});
  }
}

// Where tokens are, if they are computed, and in float, if they are not so already.
template <class X> struct TokenRooms {
  seqpool::detail::AlignedVector<typename X::value_type> computed;
  seqpool::detail::AlignedVector<float> wide;
};

// The tokens `run` of sequence b, `[run, hidden]`, their features side by side in float.
template <class X>
seqpool::detail::MatrixView<const float> tokens_of(const X& x, Index b, Run run, TokenRooms<X>& rooms) {
  using T = typename X::value_type;
  const Index count = run.end - run.begin;
  seqpool::detail::MatrixView<const T> tokens{nullptr, count, x.hidden(), x.hidden(), 1};
  if constexpr (seqpool::detail::is_stored<X>) {
    tokens = {x.token(b, run.begin), count, x.hidden(), x.token_stride(), x.hidden_stride()};
  } else {
    rooms.computed.resize(static_cast<std::size_t>(seqpool::detail::product(count, x.hidden(), "tokens")));
    x.copy(b, run, rooms.computed.data());
    tokens.data = rooms.computed.data();
  }
  return seqpool::detail::side_by_side<float>(tokens, rooms.wide);
}

// What the heads make of each real token by itself, `[batch, seq, width]`; zeros for padding.
template <class X, class M, class D>
Eigen::Tensor<float, 3, Eigen::RowMajor> map_tokens(const AnyHead<float>& heads, Index hidden, const X& x,
                                                    const M& mask, const D& device) {
  const auto& states = seqpool::detail::sequences_of(x);
  check_hidden(states.hidden(), hidden);
  const Index width = heads.width(hidden);
  Eigen::Tensor<float, 3, Eigen::RowMajor> result(states.batch(), states.seq(), width);
  result.setZero();
  TokenRooms<seqpool::detail::sequences_t<X>> rooms;
  for_each_run(states, mask, [&](Index b, Run run) {
    const auto tokens = detail::tokens_of(states, b, run, rooms);
    float* const out = &result(b, run.begin, 0);
    seqpool::map_rows(heads, Rows<const float>(tokens.data, tokens.rows, hidden, tokens.row_stride),
                      Rows<float>(out, tokens.rows, width, width), seqpool::detail::device_of(mask, device));
    seqpool::detail::make_canonical(out, tokens.rows * width);
  });
  return result;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
