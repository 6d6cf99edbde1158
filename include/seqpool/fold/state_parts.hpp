// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/scalar.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <variant>

namespace seqpool::inline SEQPOOL_ABI {

/// A part of a state: numbers of one of three types, one or many.
using StatePart = std::variant<std::span<float>, std::span<double>, std::span<Index>>;

/// A state that says what it is made of: `state.visit(f)` calls f for each number or `Accumulators` in it, always in
/// the same order. So it can be saved, sent and compared.
template <class State>
concept Visitable = requires(State& state) { state.visit([](auto&&) {}); };

/// Whether a state can be that of n tokens, the first of them at place `first` of its sequence. The state says so by
/// `s.holds(first, n)`, or by `s.count`, how many it took in. A state that has neither is believed.
template <class State>
[[nodiscard]] bool holds([[maybe_unused]] const State& state, [[maybe_unused]] Index first, [[maybe_unused]] Index n) {
  if constexpr (requires {
                  { state.holds(first, n) } -> std::same_as<bool>;
                })
    return state.holds(first, n);
  else if constexpr (requires {
                       { state.count } -> std::convertible_to<Index>;
                     })
    return state.count == n;
  else
    return true;
}

/// Calls f(part) for each part of a state, a `StatePart` to read or to write.
///
///     const auto send_part = [](seqpool::StatePart part) { std::visit([](auto numbers) { send(numbers); }, part); };
///     seqpool::for_each_part(state, send_part);
template <Visitable State, class F> void for_each_part(State& state, F f) {
  state.visit([&f]<class P>(P&& part) {
    if constexpr (requires { std::span(part.data(), part.size()); })
      f(StatePart(std::span(part.data(), part.size())));
    else
      f(StatePart(std::span(&part, std::size_t{1})));
  });
}

}  // namespace seqpool::inline SEQPOOL_ABI
