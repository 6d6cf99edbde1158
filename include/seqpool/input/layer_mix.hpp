// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/chunk.hpp>
#include <seqpool/detail/compiler.hpp>
#include <seqpool/detail/dot.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/input/attention_mask.hpp>
#include <seqpool/input/hidden_states.hpp>
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

  /// The gradients of the weights, `[layers]`, from d loss / d x: d w_l = sum_t d_x_t·(layer_lt - x_t) / (sum_l w_l),
  /// over real tokens t. Those of a layer's tokens are d_x * w_l / (sum_l w_l).
  ///
  ///     const auto d_x = seqpool::gradient(pooling, mix, mask, d_out).tokens;
  ///     const std::vector<double> d_weights = mix.weight_gradient(d_x, mask);
  ///
  /// **Shapes**: d_x: `[batch, seq, hidden]`, an Eigen tensor of value_type; mask: as of `pool`.
  /// **Errors**: `std::invalid_argument` for sizes that differ. Padding is not read, of d_x either.
  /// **Numerics**: a token's sum in `accumulator_t`, of differences to x, so that an offset costs no digits; all in
  /// double, in order.
  template <class G, class M> [[nodiscard]] std::vector<double> weight_gradient(const G& d_x, const M& mask) const;

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
    detail::fail({"the weights of the layers add up to ", detail::number_text(sum_),
                  ": they are divided by that, so it must be finite and not 0"});
}

template <class X>
template <class G, class M>
std::vector<double> LayerMix<X>::weight_gradient(const G& d_x, const M& mask) const {
  if constexpr (!Selection<M>) {
    return weight_gradient(d_x, AttentionMask(mask));
  } else {
    const HiddenStates<value_type> given(d_x);
    if (given.batch() != batch() || given.seq() != seq() || given.hidden() != hidden())
      detail::fail({"d_x is ", detail::shape({given.batch(), given.seq(), given.hidden()}), ", but the mix is ",
                    detail::shape({batch(), seq(), hidden()}), ": both must be the same"});
    seqpool::check_selection(mask, *this);
    const auto n = static_cast<std::size_t>(hidden());
    detail::AlignedVector<value_type> x(n), d_room(n);
    detail::AlignedVector<typename X::value_type> room(n);
    const auto token = [&](const auto& from, Index b, Index s, auto& side_by_side) {
      const auto* const features = from.token(b, s);
      if (from.hidden_stride() == 1) return features;
      for (Index h = 0; h < hidden(); ++h)
        side_by_side[static_cast<std::size_t>(h)] = features[h * from.hidden_stride()];
      return std::as_const(side_by_side).data();
    };
    std::vector<double> sums(weights_.size());
    for (Index row = 0; row < seqpool::rows_of(mask, batch()); ++row) {
      const Index b = seqpool::sequence_of(mask, row), end = seq(b);
      for (Run run = seqpool::next_run(mask, row, {0, end}); run.begin < run.end;
           run = seqpool::next_run(mask, row, {run.end, end}))
        for (Index s = run.begin; s < run.end; ++s) {
          copy(b, {s, s + 1}, x.data());
          const value_type* const d = token(given, b, s, d_room);
          for (std::size_t l = 0; l < sums.size(); ++l) {
            const auto* const layer = token(layers()[static_cast<Index>(l)], b, s, room);
            sums[l] += static_cast<double>(detail::dots_from(d, std::as_const(x).data(), hidden(), 0, layer)[0]);
          }
        }
    }
    for (double& sum : sums) sum /= static_cast<double>(sum_);
    return sums;
  }
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
