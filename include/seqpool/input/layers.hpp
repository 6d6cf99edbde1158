// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/chunk.hpp>
#include <seqpool/detail/tensor.hpp>
#include <seqpool/input/hidden_states.hpp>
#include <seqpool/input/selection.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// A view of the hidden states of several layers of an encoder, the first layer first: `LayerMix` and `concat_layers`
/// make one input of them.
///
///     const seqpool::Layers all(layers);  // of a std::vector of tensors, or of views
///     seqpool::mean_pool(seqpool::LayerMix{all.last(4)}, mask);       // the mean of the last four
///     seqpool::mean_pool(seqpool::concat_layers(all.last(4)), mask);  // side by side, [batch, 4 * hidden]
///
/// It owns nothing and copies nothing: the memory must outlive it.
template <class X> class Layers {
  static constexpr bool is_stored = Sequences<X> && requires(const X& x, Index i) { x.token(i, i); };
  static_assert(is_stored,
                "seqpool: Layers are of hidden states whose tokens lie in memory: seqpool::HiddenStates, PackedStates, "
                "Ragged, or your own seqpool::Sequences with a token(b, s).");

 public:
  using layer_type = X;
  using value_type = typename X::value_type;
  static constexpr bool has_padding = seqpool::has_padding<X>;

  /// Views the layers of a contiguous range of `Sequences`, or of Eigen tensors of rank 3 in either layout.
  ///
  /// **Shapes**: layers: `[layers]`, each `[batch, seq, hidden]`.
  /// **Errors**: `std::invalid_argument` for no layers, or a layer of another size than the first, naming both.
  /// **Cost**: O(layers), one allocation; copies views; of packed and ragged sequences, also what they copied.
  template <class R>
    requires(!std::same_as<std::remove_cvref_t<R>, Layers>)
  explicit Layers(R&& layers) {
    view<R>(layers);
  }

  [[nodiscard]] Index size() const noexcept { return static_cast<Index>(layers_.size()); }
  [[nodiscard]] const X& operator[](Index layer) const noexcept { return layers_[static_cast<std::size_t>(layer)]; }

  [[nodiscard]] Index batch() const { return layers_.front().batch(); }
  [[nodiscard]] Index seq() const { return layers_.front().seq(); }
  [[nodiscard]] Index seq(Index b) const { return layers_.front().seq(b); }
  [[nodiscard]] Index hidden() const { return layers_.front().hidden(); }

  /// The last k layers.
  ///
  /// **Errors**: `std::invalid_argument` unless k is 1 to size().
  [[nodiscard]] Layers last(Index k) const;

  // How many features of a token `chunk` gives.
  static constexpr Index chunk_features = detail::chunk_features<value_type>;

  // Calls f(s, first, count) for each token s of a run and each chunk of its features; chunks that lie close together
  // come one after another.
  template <class F> void for_each_chunk(Run run, F f) const;

  // Features [first, first + chunk_features) of a token: in place, or side by side in `room`, with zeros after the last
  // one.
  const value_type* chunk(Index layer, Index b, Index s, Index first, value_type* room) const;

 private:
  // R as deduced from R&&.
  template <class R> void view(const std::remove_cvref_t<R>& layers);
  void check(std::size_t layer) const;

  std::vector<X> layers_;
};

template <std::ranges::contiguous_range R>
  requires Sequences<std::ranges::range_value_t<R>>
explicit Layers(const R&) -> Layers<std::ranges::range_value_t<R>>;
// Takes any layers, so the constructor can say what they should be.
template <std::ranges::contiguous_range R>
explicit Layers(const R&) -> Layers<HiddenStates<detail::guide_element_t<std::ranges::range_value_t<R>>>>;
template <class R> explicit Layers(const R&) -> Layers<HiddenStates<float>>;

// ---------------------------------------------------------------------------------------------------------------------

template <class X> template <class Argument> void Layers<X>::view(const std::remove_cvref_t<Argument>& layers) {
  using R = std::remove_cvref_t<Argument>;
  constexpr bool lawful = std::ranges::contiguous_range<R> && requires {
    requires std::same_as<std::ranges::range_value_t<R>, X> ||
                 detail::EigenTensorOfRank<std::ranges::range_value_t<R>, 3>;
  };
  static_assert(lawful,
                "seqpool: layers are a contiguous range, such as std::vector, of hidden states [batch, seq, hidden]: "
                "of seqpool::HiddenStates<T> or another seqpool::Sequences, or of Eigen tensors or maps of rank 3.");
  if constexpr (lawful) {
    constexpr bool live = !detail::is_temporary<std::ranges::range_value_t<R>> || std::ranges::borrowed_range<Argument>;
    static_assert(
        live,
        "seqpool: Layers are seen where they lie, and these tensors are in a temporary range, which is gone at "
        "the end of the line. Give it a name that lives as long as the view.");
  }
  if constexpr (lawful && is_stored)
    for (const auto& layer : layers) layers_.push_back(X(layer));
  if (layers_.empty()) detail::fail("layers are [0]: there must be at least one");
  for (std::size_t layer = 1; layer < layers_.size(); ++layer) check(layer);
}

template <class X> void Layers<X>::check(std::size_t layer) const {
  const X& other = layers_[layer];
  const auto name = [&] { return detail::sentence({"layer ", layer}); };
  const std::array<Index, 3> sizes{other.batch(), other.seq(), other.hidden()}, first{batch(), seq(), hidden()};
  if (sizes != first)
    detail::fail({name(), " is ", detail::shape(sizes), ", but layer 0 is ", detail::shape(first),
                  ": all must be [batch, seq, hidden] of one encoder"});
  for (Index b = 0; b < batch(); ++b)
    if (other.seq(b) != seq(b))
      detail::fail({"sequence ", b, " of ", name(), " has ", other.seq(b), " tokens, but of layer 0 ", seq(b)});
}

template <class X> Layers<X> Layers<X>::last(Index k) const {
  if (k < 1 || k > size()) detail::fail({"the last ", k, " layers were asked for, but there are ", size()});
  return Layers(std::vector<X>(layers_.end() - k, layers_.end()));
}

template <class X> template <class F> void Layers<X>::for_each_chunk(Run run, F f) const {
  const auto count = [this](Index first) { return (std::min)(chunk_features, hidden() - first); };
  if (layers_.front().hidden_stride() == 1) {
    for (Index s = run.begin; s < run.end; ++s)
      for (Index first = 0; first < hidden(); first += chunk_features) f(s, first, count(first));
  } else {
    for (Index first = 0; first < hidden(); first += chunk_features)
      for (Index s = run.begin; s < run.end; ++s) f(s, first, count(first));
  }
}

template <class X>
auto Layers<X>::chunk(Index layer, Index b, Index s, Index first, value_type* room) const -> const value_type* {
  const X& x = (*this)[layer];
  const Index stride = x.hidden_stride();
  const value_type* const features = x.token(b, s) + first * stride;
  if (stride == 1 && first + chunk_features <= hidden()) return features;
  for (Index j = 0; j < chunk_features; ++j) room[j] = first + j < hidden() ? features[j * stride] : value_type(0);
  return room;
}

}  // namespace seqpool::inline SEQPOOL_ABI
