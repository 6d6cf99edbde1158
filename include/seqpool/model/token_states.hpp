// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_MODEL_TOKEN_STATES_HPP
#define SEQPOOL_MODEL_TOKEN_STATES_HPP

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/canonical.hpp>
#include <seqpool/detail/check.hpp>
#include <seqpool/detail/matrix.hpp>
#include <seqpool/detail/side_by_side.hpp>
#include <seqpool/driver/arguments.hpp>
#include <seqpool/driver/device.hpp>
#include <seqpool/head/any_head.hpp>
#include <seqpool/head/head.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/scalar.hpp>
#include <seqpool/version.hpp>

#include <unsupported/Eigen/CXX11/Tensor>

#include <concepts>
#include <string>

// Hidden states as a folder's classes take them.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// Each of these is true, or a sentence.
template <class X>
consteval bool are_float_states() {
  constexpr bool lawful = !std::same_as<typename seqpool::detail::sequences_t<X>::value_type, double>;
  static_assert(lawful,
                "seqpool: a model's folder works on hidden states of float, Eigen::half or Eigen::bfloat16; convert "
                "those of double first, for example with Eigen::Tensor<float, 3>(x.cast<float>()).");
  return lawful;
}

template <class M>
consteval bool is_mask_of_rows() {
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

// f(sequence, run) for each run of real tokens.
template <class States, class M, class F>
void for_each_run(const States& states, const M& mask, F f) {
  seqpool::detail::with_selection(mask, [&](const auto& selection) {
    selection.check(states.batch(), states.seq());
    for (Index b = 0; b < states.batch(); ++b) {
      const Index end = states.seq(b);
      for (Run run = selection.next_run(b, {0, end}); run.begin < run.end; run = selection.next_run(b, {run.end, end}))
        f(b, run);
    }
  });
}

// What the heads make of each real token by itself, `[batch, seq, width]`; zeros for padding.
template <class X, class M, class D>
Eigen::Tensor<float, 3, Eigen::RowMajor> map_tokens(const AnyHead<float>& heads, Index hidden, const X& x,
                                                    const M& mask, const D& device) {
  using T = typename seqpool::detail::sequences_t<X>::value_type;
  const auto& states = seqpool::detail::sequences_of(x);
  check_hidden(states.hidden(), hidden);
  const Index width = heads.width(hidden);
  Eigen::Tensor<float, 3, Eigen::RowMajor> result(states.batch(), states.seq(), width);
  result.setZero();
  seqpool::detail::AlignedVector<float> room;
  for_each_run(states, mask, [&](Index b, Run run) {
    const Index count = run.end - run.begin;
    const auto tokens = seqpool::detail::side_by_side<float>(
        seqpool::detail::MatrixView<const T>{states.token(b, run.begin), count, hidden, states.token_stride(),
                                             states.hidden_stride()},
        room);
    float* const out = &result(b, run.begin, 0);
    seqpool::map_rows(heads, Rows<const float>(tokens.data, count, hidden, tokens.row_stride),
                      Rows<float>(out, count, width, width), seqpool::detail::device_of(mask, device));
    seqpool::detail::make_canonical(out, count * width);
  });
  return result;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail

#endif
