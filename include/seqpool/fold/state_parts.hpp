// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_FOLD_STATE_PARTS_HPP
#define SEQPOOL_FOLD_STATE_PARTS_HPP

#include <seqpool/fold/accumulators.hpp>
#include <seqpool/scalar.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <variant>

namespace seqpool::inline SEQPOOL_ABI::detail {

// What a state is made of, as `visit` gives it: numbers of three types, one or many.
using Part = std::variant<std::span<float>, std::span<double>, std::span<Index>>;

template <class State>
inline constexpr bool has_parts = requires(State& state) {
  state.visit([](auto&&) {});
};

// f(part) for each part of a state, in the order of its visit.
template <class State, class F>
void for_each_part(State& state, F f) {
  state.visit([&f]<class P>(P&& part) {
    if constexpr (requires { std::span(part.data(), part.size()); })
      f(Part(std::span(part.data(), part.size())));
    else
      f(Part(std::span(&part, std::size_t{1})));
  });
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail

#endif
