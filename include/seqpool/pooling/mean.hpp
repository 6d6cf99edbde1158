// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_POOLING_MEAN_HPP
#define SEQPOOL_POOLING_MEAN_HPP

#include <seqpool/fold/pooling.hpp>
#include <seqpool/pool.hpp>

#include <cstddef>
#include <span>

namespace seqpool::inline SEQPOOL_ABI {

/// The mean over a row's n real tokens: out[h] = (sum_t x_t[h]) / n.
///
/// **Shapes**: tokens `[n, hidden]` to `[hidden]`. **Mask**: padded tokens are not read and not counted; an
/// empty row gives zeros. **Errors**: none. **Complexity**: one read of the real tokens; a state holds hidden
/// accumulators. **Numerics**: sums in `accumulator_t`, counts in an integer; blocks of 256 tokens are summed
/// in order and then added up, so |error| <= (min(n, 256) + n / 256 + 2) * eps * mean_t |x_t[h]|.
/// **Source**: sentence-transformers' "mean", without its half-precision counts.
struct Mean {
  static constexpr bool feature_wise = true;

  template <Scalar T>
  struct State {
    Accumulators<accumulator_t<T>> sum;
    Index count = 0;
  };

  Index width(Index hidden) const noexcept { return hidden; }

  template <Scalar T>
  void init(State<T>& state, Index hidden) const {
    state.sum.assign(static_cast<std::size_t>(hidden), 0);
    state.count = 0;
  }

  template <Scalar T>
  void fold(State<T>& state, const TokenBlock<T>& tokens) const {
    fold_features(state.sum.data(), tokens, add<T>);
    state.count += tokens.size();
  }

  template <Scalar T>
  void merge(State<T>& state, const State<T>& next) const {
    merge_features(state.sum, next.sum, add<T>);
    state.count += next.count;
  }

  template <Scalar T>
  void finish(const State<T>& state, std::span<accumulator_t<T>> out) const {
    const auto count = static_cast<accumulator_t<T>>(state.count > 0 ? state.count : 1);
    detail::array(out) = detail::array(state.sum) / count;
  }

 private:
  template <Scalar T>
  static constexpr auto add = [](accumulator_t<T> sum, accumulator_t<T> x, Index) { return sum + x; };
};

/// The mean over the real tokens of every row, `pool(Mean{}, x, ...)`: `mean_pool(x)`, `mean_pool(x, mask)`,
/// `mean_pool(x, device)`, `mean_pool(x, mask, device)`.
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result:
/// `[batch, hidden]`. Mask, empty rows and numerics: `Mean`. Errors, complexity, allocation: `pool`.
template <class X, class... MaskAndDevice>
auto mean_pool(const X& x, const MaskAndDevice&... mask_and_device) {
  return pool(Mean{}, x, mask_and_device...);
}

}  // namespace seqpool::inline SEQPOOL_ABI

#endif
