// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/chunk.hpp>
#include <seqpool/detail/compiler.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/input/layers.hpp>
#include <seqpool/input/selection.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// Hidden states that are a weighted mean of an encoder's layers: x = (sum_l w_l layer_l) / (sum_l w_l), for any
/// pooling.
///
///     seqpool::mean_pool(seqpool::LayerMix{layers, weights}, mask);
///     seqpool::mean_pool(seqpool::LayerMix{seqpool::Layers(layers).last(4)}, mask);  // all of one weight
///
/// The layers' memory must outlive it; the weights are copied. Only what is pooled is mixed, a block of 256 tokens at a
/// time; padding is not read from any layer.
///
/// **Shapes**: layers: `[layers]`, each `[batch, seq, hidden]`; weights: `[layers]`; a `Sequences` of
/// `[batch, seq, hidden]`.
/// **Numerics**: x is of `accumulator_t`, so a mix of half layers is not rounded again, and an `AnyPooling` of it is an
/// `AnyPooling<float>`. For weights of 0 or more, |error| <= (layers + 1) * eps * (sum_l w_l |layer_l|) / (sum_l w_l),
/// if those sums are finite and, unless 0, normal. A single layer of weight 1 keeps its bits.
/// **Source**: sentence-transformers' WeightedLayerPooling; its `layer_start` is `last(layers - layer_start)`.
template <class X> class LayerMix : Layers<X> {
 public:
  using value_type = accumulator_t<typename X::value_type>;

  /// **Shapes**: layers: a `Layers`, or what one is made from; weights: `[layers]`, an Eigen tensor of rank 1, an Eigen
  /// vector or a contiguous range; without them all are 1.
  /// **Errors**: `std::invalid_argument` as `Layers`, if weights are not `[layers]`, or if their sum is 0 or not
  /// finite.
  template <class L, class W> LayerMix(L&& layers, const W& weights);
  template <class L>
    requires(!std::same_as<std::remove_cvref_t<L>, LayerMix>)
  explicit LayerMix(L&& layers) : Layers<X>(std::forward<L>(layers)) {
    weigh(std::vector<value_type>(static_cast<std::size_t>(this->size()), 1));
  }

  using Layers<X>::batch, Layers<X>::seq, Layers<X>::hidden, Layers<X>::has_padding;

  /// The layers that are mixed.
  [[nodiscard]] const Layers<X>& layers() const noexcept { return *this; }

  /// Writes the tokens `run` of sequence b to out, `[run, hidden]`.
  void copy(Index b, Run run, value_type* out) const;

 private:
  void weigh(std::vector<value_type> weights);

  std::vector<value_type> weights_;  // [layers]
  value_type sum_ = 0;               // of the weights
};

template <class L, class W>
LayerMix(const L&, const W&) -> LayerMix<typename decltype(Layers(std::declval<const L&>()))::layer_type>;
template <class L>
explicit LayerMix(const L&) -> LayerMix<typename decltype(Layers(std::declval<const L&>()))::layer_type>;

// ---------------------------------------------------------------------------------------------------------------------

template <class X>
template <class L, class W>
LayerMix<X>::LayerMix(L&& layers, const W& weights) : Layers<X>(std::forward<L>(layers)) {
  constexpr bool lawful = detail::ScalarVector<W> &&
                          requires { requires std::same_as<accumulator_t<detail::vector_scalar_t<W>>, value_type>; };
  static_assert(lawful,
                "seqpool: LayerMix{layers, weights} takes one weight for each layer, [layers], second: an Eigen tensor "
                "of rank 1, an Eigen vector, or a contiguous range, of double for layers of double, of float, "
                "Eigen::half or Eigen::bfloat16 for all others.");
  if constexpr (lawful) {
    const auto wide = detail::widened(weights);
    weigh({wide.begin(), wide.end()});
  }
}

template <class X> void LayerMix<X>::weigh(std::vector<value_type> weights) {
  weights_ = std::move(weights);
  if (static_cast<Index>(weights_.size()) != this->size())
    detail::fail({"weights are ", detail::shape({static_cast<Index>(weights_.size())}), ", but there are ",
                  this->size(), " layers: weights must be [layers]"});
  for (const value_type weight : weights_) sum_ += weight;
  if (sum_ == 0 || !std::isfinite(sum_))
    detail::fail({"the weights of the layers add up to ", std::to_string(sum_),
                  ": they are divided by that, so it must be finite and not 0"});
}

template <class X> SEQPOOL_FLATTEN void LayerMix<X>::copy(Index b, Run run, value_type* out) const {
  using T = typename X::value_type;
  constexpr Index chunk = Layers<X>::chunk_features;
  using Lanes = Eigen::Array<value_type, chunk, 1>;
  this->for_each_chunk(run, [&](Index s, Index first, Index count) {
    const auto weighed = [&](Index layer) -> Lanes {
      T room[std::size_t{chunk}];
      alignas(64) value_type wide[std::size_t{chunk}];
      const detail::WidenedChunk<T> x(this->chunk(layer, b, s, first, room));
      return weights_[static_cast<std::size_t>(layer)] * Eigen::Map<const Lanes>(x.data(wide));
    };
    Lanes mixed = weighed(0);
    for (Index layer = 1; layer < this->size(); ++layer) mixed += weighed(layer);
    mixed /= sum_;
    std::copy_n(mixed.data(), count, out + (s - run.begin) * hidden() + first);
  });
}

}  // namespace seqpool::inline SEQPOOL_ABI
