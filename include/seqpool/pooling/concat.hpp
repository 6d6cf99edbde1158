// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/compiler.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/fold/features.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/fold/state_parts.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <tuple>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// Several poolings side by side in one read of memory: out = [out of the first | out of the second | ...].
///
///     const seqpool::Concat pooling{seqpool::Cls{}, seqpool::Mean{}, seqpool::Max{}};
///     seqpool::pool(pooling, x, mask);  // [batch, 3 * hidden]
///
/// **Shapes**: tokens `[n, hidden]` to `[sum of the widths]`.
/// **Numerics**: each part has the bits of its pooling alone.
/// **Source**: sentence-transformers' lists of pooling modes.
template <class... P> class Concat {
  static_assert(sizeof...(P) > 0, "seqpool: Concat{poolings...} takes at least one pooling.");
  static_assert((SomePooling<P> && ...),
                "seqpool: Concat{poolings...} takes poolings only, each a seqpool::Pooling: Cls{}, Mean{}, Max{}, "
                "Attention{query}, or your own; see seqpool/fold/pooling.hpp.");

 public:
  template <Scalar T>
    requires(Pooling<P, T> && ...)
  struct State {
    std::tuple<typename P::template State<T>...> parts;
    Index hidden = 0;

    void visit(auto f)
      requires(Visitable<typename P::template State<T>> && ...)
    {
      std::apply([&](auto&... part) { (part.visit(f), ...); }, parts);
    }
    [[nodiscard]] bool holds(Index first, Index n) const {
      return std::apply([&](const auto&... part) { return (seqpool::holds(part, first, n) && ...); }, parts);
    }
  };
  // accumulator_t only where there is no pooling, so that no other error follows.
  template <Scalar T> using Result = std::tuple_element_t<0, std::tuple<result_t<P, T>..., accumulator_t<T>>>;

  explicit Concat(P... poolings) : poolings_(std::move(poolings)...) {}

  [[nodiscard]] std::string name() const;
  void visit_parameters(auto f) const {
    each([&, place = 0](const auto& pooling) mutable {
      seqpool::visit_parameters(pooling, f, std::to_string(place++));
    });
  }
  [[nodiscard]] Reads reads() const;
  [[nodiscard]] Index width(Index hidden) const;
  void check(Index batch, Index seq) const
    requires(PerToken<P> || ...);
  [[nodiscard]] bool per_token() const
    requires(PerTokenAtRunTime<P> || ...);

  template <Scalar T> void init(State<T>& state, Index hidden) const;
  template <Scalar T> void fold(State<T>& state, const TokenBlock<T>& tokens) const;
  template <Scalar T> void merge(State<T>& state, const State<T>& next) const;
  template <Scalar T> void finish(State<T>& state, std::span<Result<T>> out) const;

 private:
  // The places of those that are folded in one pass.
  template <Scalar T> static constexpr auto together();
  template <class T, std::size_t... i>
  static void fold_together(State<T>& state, const TokenBlock<T>& tile, std::index_sequence<i...>);

  // f(pooling) for each in order, and f(pooling, its state), f(pooling, its state, its next state).
  template <class F, class... States> void each(F f, States&... states) const {
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      (Concat::call<i>(f, std::get<i>(poolings_), states...), ...);
    }(std::index_sequence_for<P...>());
  }
  template <std::size_t i, class F, class Pooling, class... States>
  static void call(F& f, const Pooling& pooling, States&... states) {
    f(pooling, std::get<i>(states.parts)...);
  }

  std::tuple<P...> poolings_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class... P> std::string Concat<P...>::name() const {
  std::string all = "concat";
  each([&](const auto& pooling) { all += " " + seqpool::name_of(pooling); });
  return all;
}

template <class... P> Reads Concat<P...>::reads() const {
  Reads all{};
  each([&](const auto& pooling) { all = all | seqpool::reads_of(pooling); });
  return all;
}

template <class... P> Index Concat<P...>::width(Index hidden) const {
  Index all = 0;
  each([&](const auto& pooling) { all = detail::total(all, static_cast<Index>(pooling.width(hidden)), "Concat"); });
  return all;
}

template <class... P>
void Concat<P...>::check(Index batch, Index seq) const
  requires(PerToken<P> || ...)
{
  each([&](const auto& pooling) { seqpool::check_tokens(pooling, batch, seq); });
}

template <class... P>
bool Concat<P...>::per_token() const
  requires(PerTokenAtRunTime<P> || ...)
{
  bool any = false;
  each([&](const auto& pooling) { any = any || seqpool::per_token_of(pooling); });
  return any;
}

template <class... P> template <Scalar T> void Concat<P...>::init(State<T>& state, Index hidden) const {
  static_assert((std::same_as<result_t<P, T>, Result<T>> && ...),
                "seqpool: the poolings of a Concat must have results of one scalar.");
  state.hidden = hidden;
  each([&](const auto& pooling, auto& part) { pooling.init(part, hidden); }, state);
}

template <class... P> template <Scalar T> constexpr auto Concat<P...>::together() {
  constexpr bool feature_wise[] = {FeatureWise<P, T>...};
  constexpr auto places = [&] {
    std::array<std::size_t, sizeof...(P)> result{};
    std::size_t n = 0;
    for (std::size_t i = 0; i < sizeof...(P); ++i)
      if (feature_wise[i]) result[n++] = i;
    return result;
  }();
  return [&]<std::size_t... k>(std::index_sequence<k...>) {
    return std::index_sequence<places[k]...>();
  }(std::make_index_sequence<(std::size_t{FeatureWise<P, T>} + ...)>());
}

template <class... P>
template <class T, std::size_t... i>
void Concat<P...>::fold_together(State<T>& state, const TokenBlock<T>& tile, std::index_sequence<i...>) {
  seqpool::fold_features(
      tile, [](Index) { return nullptr; },
      [](accumulator_t<T> x, std::nullptr_t, auto&... held)
          SEQPOOL_INLINE_LAMBDA { ((held = std::tuple_element_t<i, std::tuple<P...>>::feature_op(held, x)), ...); },
      std::get<i>(state.parts).values.data()...);
  ((std::get<i>(state.parts).count += tile.size()), ...);
}

// A tile at a time, so that all but what comes first find it in cache.
template <class... P> template <Scalar T> void Concat<P...>::fold(State<T>& state, const TokenBlock<T>& tokens) const {
  constexpr auto places = together<T>();
  constexpr bool are_together = places.size() > 1;
  for (Index first = 0; first < tokens.size(); first += detail::tile_tokens) {
    TokenBlock<T> tile = tokens.part(first, (std::min)(detail::tile_tokens, tokens.size() - first));
    if constexpr (are_together) {
      fold_together(state, tile, places);
      tile = detail::Prefetch::without(tile);
    }
    each(
        [&]<class Pooling>(const Pooling& pooling, auto& part) {
          if constexpr (!are_together || !FeatureWise<Pooling, T>) {
            pooling.fold(part, tile);
            if (seqpool::reads_of(pooling) == Reads::every_token) tile = detail::Prefetch::without(tile);
          }
        },
        state);
  }
}

template <class... P> template <Scalar T> void Concat<P...>::merge(State<T>& state, const State<T>& next) const {
  each([](const auto& pooling, auto& part, const auto& next_part) { pooling.merge(part, next_part); }, state, next);
}

template <class... P> template <Scalar T> void Concat<P...>::finish(State<T>& state, std::span<Result<T>> out) const {
  each(
      [&](const auto& pooling, auto& part) {
        const auto width = static_cast<std::size_t>(pooling.width(state.hidden));
        pooling.finish(part, out.first(width));
        out = out.subspan(width);
      },
      state);
}

}  // namespace seqpool::inline SEQPOOL_ABI
