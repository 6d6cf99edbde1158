// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/bytes.hpp>
#include <seqpool/detail/check.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

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
/// One that learns can also be given other numbers: `p.set_parameters(numbers)`, a `std::span<const double>` of all of
/// them, one parameter behind the other in that order.
///
/// What is made of others puts their place or name and a dot before their parameters' names, like torch's `Sequential`:
/// "1.weight". What no training changes, such as an average or an eps, is not a parameter: a pooling says it in its
/// `name()`.
template <class P>
concept Parametric =
    requires(const P& p) { p.visit_parameters([](std::string_view, auto, std::span<const Index>, bool) {}); };

/// What can be given other parameters, or has none.
template <class P>
concept Settable = !Parametric<P> || requires(P& p, std::span<const double> numbers) { p.set_parameters(numbers); };

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
    sum = detail::checksum(std::as_bytes(std::span(name.data(), name.size())), sum);
    for (const std::int64_t size : shape) sum = detail::checksum(std::as_bytes(std::span(&size, 1)), sum);
    sum = detail::checksum(std::as_bytes(numbers), sum);
  });
  return sum;
}

/// How many numbers all of p's parameters have.
template <class P> [[nodiscard]] Index parameter_count(const P& p) {
  Index count = 0;
  seqpool::visit_parameters(p, [&](std::string_view, auto numbers, std::span<const Index>, bool) {
    count += static_cast<Index>(numbers.size());
  });
  return count;
}

/// Throws `std::invalid_argument` unless numbers are as many as p's parameters have.
template <class P> void check_count(const P& p, std::span<const double> numbers) {
  const Index needed = seqpool::parameter_count(p);
  if (static_cast<Index>(numbers.size()) != needed)
    detail::fail({"parameters: there are ", numbers.size(), " numbers, but ", needed, " are needed"});
}

/// Gives p other numbers, `[parameter_count(p)]`, one parameter behind the other, also if it is a user's own type.
///
/// **Errors**: `std::invalid_argument` for another count, and what p says of its own numbers.
template <class P> void set_parameters(P& p, std::span<const double> numbers) {
  seqpool::check_count(p, numbers);
  if constexpr (Parametric<P>) {
    static_assert(Settable<P>,
                  "seqpool: what has parameters and learns them can be given other ones: add set_parameters(numbers), "
                  "which takes a std::span<const double> of all of them, in the order of visit_parameters.");
    if constexpr (Settable<P>) p.set_parameters(numbers);
  }
}

/// The first numbers, as many as p has, for p; they are taken away from `numbers`. It is what types made of others
/// write their set_parameters with.
///
/// **Errors**: `std::invalid_argument` if there are too few.
template <class P> void set_part(P& p, std::span<const double>& numbers) {
  const auto count = static_cast<std::size_t>(seqpool::parameter_count(p));
  seqpool::set_parameters(p, numbers.first((std::min)(count, numbers.size())));
  numbers = numbers.subspan(count);
}

/// The same for an array of them, a range: of numbers of any type.
template <std::ranges::contiguous_range R> void set_numbers(R&& own, std::span<const double>& numbers) {
  using A = std::ranges::range_value_t<R>;
  const std::size_t count = std::ranges::size(own);
  if (numbers.size() < count)
    detail::fail({"parameters: there are ", numbers.size(), " numbers, but ", count, " or more are needed"});
  const auto taken = numbers.first(count);
  std::transform(taken.begin(), taken.end(), std::ranges::begin(own),
                 [](double number) { return static_cast<A>(number); });
  numbers = numbers.subspan(count);
}

/// Numbers under the names and shapes of something's parameters: these themselves, or their gradients.
///
///     const seqpool::ParameterVector query = seqpool::parameters(classifier);
///     query["pooling.query"];  // std::span<const double>, row-major
///     query.numbers();         // of all parameters, one behind the other
class ParameterVector {
 public:
  /// One parameter: its name, shape and place, and whether a penalty shrinks it, see `Parametric`.
  struct Entry {
    std::string name;
    std::vector<Index> shape;
    std::size_t first;
    std::size_t count;
    bool penalised;
  };

  ParameterVector() = default;

  /// p's parameters.
  template <class P>
    requires(!std::same_as<P, ParameterVector>)
  explicit ParameterVector(const P& p) {
    seqpool::visit_parameters(p, [this](std::string_view name, auto values, auto shape, bool penalised) {
      entries_.push_back({std::string(name), {shape.begin(), shape.end()}, numbers_.size(), values.size(), penalised});
      numbers_.insert(numbers_.end(), values.begin(), values.end());
    });
  }

  [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }
  [[nodiscard]] std::span<double> numbers() & noexcept { return numbers_; }
  [[nodiscard]] std::span<const double> numbers() const& noexcept { return numbers_; }
  void numbers() const&& = delete;  // of a temporary they would be gone at the end of the line: give it a name

  /// The numbers of one parameter.
  ///
  /// **Errors**: `std::invalid_argument` for a name that is not there, with those that are.
  [[nodiscard]] std::span<const double> operator[](std::string_view name) const& {
    const Entry& found = entry_of(name);
    return numbers().subspan(found.first, found.count);
  }
  [[nodiscard]] std::span<double> operator[](std::string_view name) & {
    const Entry& found = entry_of(name);
    return numbers().subspan(found.first, found.count);
  }
  void operator[](std::string_view name) const&& = delete;

  /// Those of one part of several, "head.0" say, by its own names.
  [[nodiscard]] ParameterVector part(std::string_view place) const {
    ParameterVector own;
    const std::string before = std::string(place).append(1, '.');
    for (const Entry& entry : entries_) {
      if (!entry.name.starts_with(before)) continue;
      const auto values = (*this)[entry.name];
      own.entries_.push_back(entry);
      own.entries_.back().name.erase(0, before.size());
      own.entries_.back().first = own.numbers_.size();
      own.numbers_.insert(own.numbers_.end(), values.begin(), values.end());
    }
    return own;
  }

 private:
  const Entry& entry_of(std::string_view name) const {
    std::string known;
    for (const Entry& entry : entries_) {
      if (entry.name == name) return entry;
      known = detail::sentence({known, known.empty() ? "" : ", ", entry.name});
    }
    detail::fail(
        {"there is no parameter '", std::string(name), "': there ", known.empty() ? "is none" : "are ", known});
  }

  std::vector<Entry> entries_;
  std::vector<double> numbers_;
};

/// All parameters of a pooling, a head, an `Embedder` or a `Classifier`.
template <class P> [[nodiscard]] ParameterVector parameters(const P& p) { return ParameterVector(p); }

/// A copy of p with other numbers.
///
/// **Shapes**: numbers: `[parameter_count(p)]`, in the order of `parameters(p)`.
/// **Errors**: as `set_parameters`.
template <class P> [[nodiscard]] P with_parameters(const P& p, std::span<const double> numbers) {
  P other(p);
  seqpool::set_parameters(other, numbers);
  return other;
}

}  // namespace seqpool::inline SEQPOOL_ABI
