// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/input/layers.hpp>
#include <seqpool/input/selection.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// The layers of an encoder side by side; made by `concat_layers`.
template <class X> class ConcatLayers : Layers<X> {
 public:
  using value_type = typename X::value_type;

  explicit ConcatLayers(Layers<X> layers) : Layers<X>(std::move(layers)) {}

  using Layers<X>::batch, Layers<X>::seq, Layers<X>::has_padding;
  [[nodiscard]] Index hidden() const {
    return detail::product(layers().size(), layers().hidden(), "layers side by side");
  }

  /// The layers that lie side by side.
  [[nodiscard]] const Layers<X>& layers() const noexcept { return *this; }

  /// Writes the tokens `run` of sequence b to out, `[run, hidden]`.
  void copy(Index b, Run run, value_type* out) const;
};

/// Hidden states that hold each token of all layers side by side: `[batch, seq, layers * hidden]`, for any pooling.
///
///     seqpool::mean_pool(seqpool::concat_layers(seqpool::Layers(layers).last(4)), mask);  // [batch, 4 * hidden]
///
/// The layers' memory must outlive the result. If a pooling treats each feature by itself, as `Mean` does, the result
/// has the bits of pooling each layer.
///
/// **Shapes**: layers: `[layers]`, each `[batch, seq, hidden]`: a `Layers`, or what one is made from.
/// **Errors**: `std::invalid_argument` as `Layers`.
template <class L> [[nodiscard]] auto concat_layers(L&& layers) {
  return ConcatLayers(Layers(std::forward<L>(layers)));
}

// ---------------------------------------------------------------------------------------------------------------------

template <class X> void ConcatLayers<X>::copy(Index b, Run run, value_type* out) const {
  this->for_each_chunk(run, [&](Index s, Index first, Index count) {
    value_type room[std::size_t{Layers<X>::chunk_features}];
    for (Index layer = 0; layer < this->size(); ++layer)
      std::copy_n(this->chunk(layer, b, s, first, room), count,
                  out + (s - run.begin) * hidden() + layer * layers().hidden() + first);
  });
}

}  // namespace seqpool::inline SEQPOOL_ABI
