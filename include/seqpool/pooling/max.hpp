// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_POOLING_MAX_HPP
#define SEQPOOL_POOLING_MAX_HPP

#include <seqpool/fold/pooling.hpp>
#include <seqpool/pool.hpp>

#include <cstddef>
#include <limits>
#include <span>

namespace seqpool::inline SEQPOOL_ABI {

/// The largest value of every feature over a row's real tokens: out[h] = max_t x_t[h].
///
/// **Shapes**: tokens `[n, hidden]` to `[hidden]`. **Mask**: padded tokens are not read; an empty row gives
/// zeros. **Errors**: none. **Complexity**: one read of the real tokens; a state holds hidden accumulators.
/// **Numerics**: exact. A NaN in a real token reaches its feature at every position, as in PyTorch.
/// **Source**: sentence-transformers' "max", whose empty row is -inf.
struct Max {
  static constexpr bool feature_wise = true;

  template <Scalar T>
  struct State {
    Accumulators<accumulator_t<T>> max;
    Index count = 0;
  };

  Index width(Index hidden) const noexcept { return hidden; }

  template <Scalar T>
  void init(State<T>& state, Index hidden) const {
    state.max.assign(static_cast<std::size_t>(hidden), -std::numeric_limits<accumulator_t<T>>::infinity());
    state.count = 0;
  }

  template <Scalar T>
  void fold(State<T>& state, const TokenBlock<T>& tokens) const {
    fold_features(state.max.data(), tokens, larger<T>);
    state.count += tokens.size();
  }

  template <Scalar T>
  void merge(State<T>& state, const State<T>& next) const {
    merge_features(state.max, next.max, larger<T>);
    state.count += next.count;
  }

  template <Scalar T>
  void finish(const State<T>& state, std::span<accumulator_t<T>> out) const {
    if (state.count == 0)
      detail::array(out).setZero();
    else
      detail::array(out) = detail::array(state.max);
  }

 private:
  // A NaN on either side wins: std::max and SIMD maxima keep or lose it by its side. In two steps, of which the
  // first is one instruction: in L2 that is twice as fast as one condition of two parts.
  template <Scalar T>
  static constexpr auto larger = [](accumulator_t<T> max, accumulator_t<T> x, Index) {
    const auto number = x > max ? x : max;
    return x != x ? x : number;
  };
};

/// The maximum over the real tokens of every row, `pool(Max{}, x, ...)`: `max_pool(x)`, `max_pool(x, mask)`,
/// `max_pool(x, device)`, `max_pool(x, mask, device)`.
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result:
/// `[batch, hidden]`. Mask, empty rows and numerics: `Max`. Errors, complexity, allocation: `pool`.
template <class X, class... MaskAndDevice>
auto max_pool(const X& x, const MaskAndDevice&... mask_and_device) {
  return pool(Max{}, x, mask_and_device...);
}

}  // namespace seqpool::inline SEQPOOL_ABI

#endif
