// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/compiler.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/fold/features.hpp>
#include <seqpool/fold/parameters.hpp>
#include <seqpool/fold/pooling.hpp>
#include <seqpool/fold/state_parts.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <tuple>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::detail {

// Poolings side by side in one read of memory: `Many` is std::tuple for a Concat, which has several types P, and
// std::vector for a list, which has one. The states are in another such tuple or vector.
template <template <class...> class Many, class... P> class SideBySide {
  static constexpr bool is_tuple = requires { std::tuple_size<Many<P...>>::value; };

 public:
  template <Scalar T>
    requires(Pooling<P, T> && ...)
  struct State {
    Many<typename P::template State<T>...> parts;
    Index hidden = 0;

    void visit(auto f)
      requires(Visitable<typename P::template State<T>> && ...)
    {
      SideBySide::each_of([&](auto& part) { part.visit(f); }, parts);
    }
    [[nodiscard]] bool holds(Index first, Index n) const {
      bool all = true;
      SideBySide::each_of([&](const auto& part) { all = all && seqpool::holds(part, first, n); }, parts);
      return all;
    }
  };
  // accumulator_t only where there is no pooling, so that no other error follows.
  template <Scalar T> using Result = std::tuple_element_t<0, std::tuple<result_t<P, T>..., accumulator_t<T>>>;

  explicit SideBySide(Many<P...> poolings) : poolings_(std::move(poolings)) {}

  [[nodiscard]] std::string name() const {
    std::string all = "concat";
    each([&](const auto& pooling) { all += detail::sentence({" ", seqpool::name_of(pooling)}); });
    return all;
  }
  [[nodiscard]] Reads reads() const {
    Reads all{};
    each([&](const auto& pooling) { all = all | seqpool::reads_of(pooling); });
    return all;
  }
  [[nodiscard]] Index width(Index hidden) const {
    Index all = 0;
    each([&](const auto& pooling) {
      all = detail::total(all, static_cast<Index>(pooling.width(hidden)), is_tuple ? "Concat" : "AnyPooling");
    });
    return all;
  }
  void check(Index batch, Index seq) const
    requires(PerToken<P> || ...)
  {
    each([&](const auto& pooling) { seqpool::check_tokens(pooling, batch, seq); });
  }
  [[nodiscard]] bool per_token() const
    requires(PerTokenAtRunTime<P> || ...)
  {
    bool any = false;
    each([&](const auto& pooling) { any = any || seqpool::per_token_of(pooling); });
    return any;
  }
  // Visits the parameters of each pooling. Their names begin with its place, as in torch's Sequential: "0.query".
  void visit_parameters(auto f) const {
    each([&, i = 0](const auto& pooling) mutable { seqpool::visit_parameters(pooling, f, detail::number_text(i++)); });
  }

  template <Scalar T> void init(State<T>& state, Index hidden) const {
    state.hidden = hidden;
    if constexpr (!is_tuple) state.parts.resize(poolings_.size());
    each(
        [&]<class Own>(const Own& pooling, auto& part) {
          static_assert(std::same_as<result_t<Own, T>, Result<T>>,
                        "seqpool: the poolings of a Concat must have results of one scalar.");
          pooling.init(part, hidden);
        },
        state);
  }
  template <Scalar T> void fold(State<T>& state, const TokenBlock<T>& tokens) const;
  template <Scalar T> void merge(State<T>& state, const State<T>& next) const {
    each([](const auto& pooling, auto& part, const auto& next_part) { pooling.merge(part, next_part); }, state, next);
  }
  template <Scalar T> void finish(State<T>& state, std::span<Result<T>> out) const {
    each(
        [&](const auto& pooling, auto& part) {
          const auto width = static_cast<std::size_t>(pooling.width(state.hidden));
          pooling.finish(part, out.first(width));
          out = out.subspan(width);
        },
        state);
  }

  template <Scalar T>
    requires(Differentiable<P, T> && ...)
  void backward(const State<T>& state, const TokenBlock<T>& tokens,
                const Gradients<accumulator_t<T>>& gradients) const {
    Gradients<accumulator_t<T>> rest(gradients);
    TokenBlock<T> block(tokens);
    each(
        [&](const auto& pooling, const auto& part) {
          const auto width = static_cast<std::size_t>(pooling.width(state.hidden));
          const Index own = rest.own.empty() ? 0 : seqpool::parameter_count(pooling);
          const auto its_own = rest.take(width, static_cast<std::size_t>(own));
          pooling.backward(part, block, its_own);
          rest = rest.adding();
          block = Prefetch::without(block);
        },
        state);
  }
  void set_parameters(std::span<const double> numbers)
    requires(Settable<P> && ...)
  {
    each_of([&](auto& pooling) { seqpool::set_part(pooling, numbers); }, poolings_);
  }

 private:
  // Calls f(first of list, first of each of more), then f(second ...), and so on.
  template <class F, class List, class... More> static void each_of(F f, List& list, More&... more) {
    if constexpr (is_tuple)
      [&]<std::size_t... i>(std::index_sequence<i...>) {
        (SideBySide::call<i>(f, list, more...), ...);
      }(std::index_sequence_for<P...>());
    else
      for (std::size_t i = 0; i < list.size(); ++i) f(list[i], more[i]...);
  }
  template <std::size_t i, class F, class... Lists> static void call(F& f, Lists&... lists) {
    f(std::get<i>(lists)...);
  }

  // Calls f(pooling) for each pooling in order; with states, f(pooling, its state) or f(pooling, its state, its next
  // state).
  template <class F, class... States> void each(F f, States&... states) const {
    SideBySide::each_of(f, poolings_, states.parts...);
  }

  // The places of the poolings that are folded in one pass; their types must be known.
  template <Scalar T> static constexpr auto together();
  template <class T, std::size_t... i>
  static void fold_together(State<T>& state, const TokenBlock<T>& tile, std::index_sequence<i...>);

  Many<P...> poolings_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <template <class...> class Many, class... P>
template <Scalar T>
constexpr auto SideBySide<Many, P...>::together() {
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

template <template <class...> class Many, class... P>
template <class T, std::size_t... i>
void SideBySide<Many, P...>::fold_together(State<T>& state, const TokenBlock<T>& tile, std::index_sequence<i...>) {
  seqpool::fold_features(
      tile, [](Index) { return nullptr; },
      [](accumulator_t<T> x, std::nullptr_t, auto&... held)
          SEQPOOL_INLINE_LAMBDA { ((held = std::tuple_element_t<i, std::tuple<P...>>::feature_op(held, x)), ...); },
      std::get<i>(state.parts).values.data()...);
  ((std::get<i>(state.parts).count += tile.size()), ...);
}

// Takes a tile at a time, so that all poolings but the first find it in cache.
template <template <class...> class Many, class... P>
template <Scalar T>
void SideBySide<Many, P...>::fold(State<T>& state, const TokenBlock<T>& tokens) const {
  constexpr auto places = together<T>();
  constexpr bool are_together = places.size() > 1;
  for (Index first = 0; first < tokens.size(); first += tile_tokens) {
    TokenBlock<T> tile = tokens.part(first, (std::min)(tile_tokens, tokens.size() - first));
    if constexpr (are_together) {
      fold_together(state, tile, places);
      tile = Prefetch::without(tile);
    }
    each(
        [&]<class Own>(const Own& pooling, auto& part) {
          if constexpr (!are_together || !FeatureWise<Own, T>) {
            pooling.fold(part, tile);
            if (seqpool::reads_of(pooling) == Reads::every_token) tile = Prefetch::without(tile);
          }
        },
        state);
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
