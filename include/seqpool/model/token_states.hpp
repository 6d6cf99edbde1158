// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_MODEL_TOKEN_STATES_HPP
#define SEQPOOL_MODEL_TOKEN_STATES_HPP

#include <seqpool/detail/check.hpp>
#include <seqpool/driver/arguments.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/scalar.hpp>
#include <seqpool/version.hpp>

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

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail

#endif
