// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/bytes.hpp>
#include <seqpool/scalar.hpp>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace seqpool::inline SEQPOOL_ABI {

/// A pooling or a head with parameters that can be visited: `p.visit_parameters(f)`, const, calls
/// `f(name, numbers, shape, penalised)` for each, always in the same order.
///
///     seqpool::visit_parameters(pooling, [](std::string_view name, auto numbers, auto shape, bool) {
///       std::cout << name << ": " << shape.size() << " dimensions, " << numbers.size() << " numbers\n";
///     });
///
/// | argument | type | meaning |
/// |---|---|---|
/// | `name` | `std::string_view` | torch's word for it: "query", "weight", "bias", "in_proj.weight" |
/// | `numbers` | `std::span<const A>` | row-major, as given, widened: a query without its scale |
/// | `shape` | `std::span<const Index>` | its sizes; they multiply to the count of numbers, and `[]` is one number |
/// | `penalised` | `bool` | whether a penalty shrinks it: true for a matrix or a query, not for a bias, norm or place |
///
/// What is made of others puts their place or name and a dot before their parameters' names, like torch's `Sequential`:
/// "1.weight". What no training changes, such as an average or an eps, is not a parameter: a pooling says it in its
/// `name()`.
template <class P>
concept Parametric =
    requires(const P& p) { p.visit_parameters([](std::string_view, auto, std::span<const Index>, bool) {}); };

/// p.visit_parameters(f) if p has parameters, also for a user's own type; nothing if it has none.
template <class P, class F> void visit_parameters([[maybe_unused]] const P& p, [[maybe_unused]] F&& f) {
  if constexpr (Parametric<P>) p.visit_parameters(f);
}

/// The same for a part of another: each name comes after `place` and a dot.
template <class P, class F> void visit_parameters(const P& p, F&& f, std::string_view place) {
  seqpool::visit_parameters(p, [&](std::string_view name, auto numbers, std::span<const Index> shape, bool penalised) {
    f(std::string(place).append(1, '.').append(name), numbers, shape, penalised);
  });
}

/// Calls f for one parameter: what a `visit_parameters` is written with. numbers: anything a span can be made from.
///
///     struct ScoresByQuery {
///       std::vector<float> query;
///
///       void visit_parameters(auto f) const {
///         seqpool::visit_parameter(f, "query", query, {static_cast<seqpool::Index>(query.size())}, true);
///       }
///     };
template <class F, std::ranges::contiguous_range R>
void visit_parameter(F& f, std::string_view name, const R& numbers, std::initializer_list<Index> shape,
                     bool penalised) {
  f(name, std::span<const std::ranges::range_value_t<R>>(numbers), std::span<const Index>(shape.begin(), shape.size()),
    penalised);
}

/// A parameter's numbers, and a visitor, each as one type for all: what a virtual function needs.
using ParameterNumbers = std::variant<std::span<const float>, std::span<const double>>;
using ParameterVisitor = std::function<void(std::string_view, ParameterNumbers, std::span<const Index>, bool)>;

/// A `ParameterVisitor` that calls f, which it refers to.
template <class F> [[nodiscard]] ParameterVisitor any_visitor(F& f) {
  return [&f](std::string_view name, ParameterNumbers numbers, std::span<const Index> shape, bool penalised) {
    std::visit([&](auto own) { f(name, own, shape, penalised); }, numbers);
  };
}

/// A number that tells p's parameters from others by their names, shapes and numbers; 0 if there are none. It is a
/// checksum, which finds differences made by accident, not by intent.
template <class P> [[nodiscard]] std::uint64_t parameters_checksum(const P& p) {
  std::uint64_t sum = 0;
  seqpool::visit_parameters(p, [&sum](std::string_view name, auto numbers, std::span<const Index> shape, bool) {
    if (sum == 0) sum = detail::empty_checksum;
    sum = detail::checksum(std::as_bytes(std::span(name)), sum);
    sum = detail::checksum(std::as_bytes(shape), sum);
    sum = detail::checksum(std::as_bytes(numbers), sum);
  });
  return sum;
}

}  // namespace seqpool::inline SEQPOOL_ABI
