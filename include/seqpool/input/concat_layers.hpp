// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/input/layers.hpp>
#include <seqpool/input/selection.hpp>
#include <seqpool/scalar.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// The layers of an encoder side by side; made by `concat_layers`.
template <class X> class ConcatLayers {
 public:
  using value_type = typename X::value_type;

  explicit ConcatLayers(Layers<X> layers) : layers_(std::move(layers)) {}

  [[nodiscard]] Index batch() const { return layers_.batch(); }
  [[nodiscard]] Index seq() const { return layers_.seq(); }
  [[nodiscard]] Index seq(Index b) const { return layers_.seq(b); }
  [[nodiscard]] Index hidden() const {
    return detail::product(layers_.size(), layers_.hidden(), "layers side by side");
  }

  /// What lies side by side.
  [[nodiscard]] const Layers<X>& layers() const noexcept { return layers_; }

  /// Writes the tokens `run` of sequence b to out, `[run, hidden]`.
  void copy(Index b, Run run, value_type* out) const;

 private:
  Layers<X> layers_;
};

/// Hidden states of which each token is that of all layers, side by side: `[batch, seq, layers * hidden]`, for any
/// pooling.
///
///     seqpool::mean_pool(seqpool::concat_layers(seqpool::Layers(layers).last(4)), mask);  // [batch, 4 * hidden]
///
/// The layers' memory must outlive the result. Where each feature is pooled by itself, as by `Mean`, the result has the
/// bits of pooling each layer.
///
/// **Shapes**: layers: `[layers]`, each `[batch, seq, hidden]`: a `Layers`, or what one is made from.
/// **Errors**: `std::invalid_argument` as `Layers`.
template <class L> [[nodiscard]] auto concat_layers(L&& layers) {
  return ConcatLayers(Layers(std::forward<L>(layers)));
}

// ---------------------------------------------------------------------------------------------------------------------

template <class X> void ConcatLayers<X>::copy(Index b, Run run, value_type* out) const {
  layers_.for_each_chunk(run, [&](Index s, Index first, Index count) {
    value_type room[std::size_t{Layers<X>::chunk_features}];
    for (Index layer = 0; layer < layers_.size(); ++layer)
      std::copy_n(layers_.chunk(layer, b, s, first, room), count,
                  out + (s - run.begin) * hidden() + layer * layers_.hidden() + first);
  });
}

}  // namespace seqpool::inline SEQPOOL_ABI
