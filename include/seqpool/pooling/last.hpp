// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_POOLING_LAST_HPP
#define SEQPOOL_POOLING_LAST_HPP

#include <seqpool/fold/pooling.hpp>
#include <seqpool/pool.hpp>

#include <cstddef>
#include <span>

namespace seqpool::inline SEQPOOL_ABI {

/// A row's last real token: out[h] = x_last[h], what decoder models are pooled by. It is found in the mask,
/// so it is right for padding on either side and for holes, where n - 1 is not.
///
/// **Shapes**: tokens `[n, hidden]` to `[hidden]`. **Mask**: padded tokens are not read; an empty row gives
/// zeros. **Errors**: none. **Complexity**: one token is read, whatever n. **Numerics**: exact.
/// **Source**: sentence-transformers' "lasttoken".
struct Last {
  static constexpr bool feature_wise = true;
  static constexpr Reads reads = Reads::last_token;

  template <Scalar T>
  struct State {
    Accumulators<accumulator_t<T>> token;
    bool empty = true;
  };

  Index width(Index hidden) const noexcept { return hidden; }

  template <Scalar T>
  void init(State<T>& state, Index hidden) const {
    state.token.assign(static_cast<std::size_t>(hidden), 0);
    state.empty = true;
  }

  template <Scalar T>
  void fold(State<T>& state, const TokenBlock<T>& tokens) const {
    using A = accumulator_t<T>;
    if (tokens.empty()) return;
    fold_features(state.token.data(), tokens.part(tokens.size() - 1, 1), [](A, A x, Index) { return x; });
    state.empty = false;
  }

  template <Scalar T>
  void merge(State<T>& state, const State<T>& next) const {
    if (!next.empty) state = next;
  }

  template <Scalar T>
  void finish(const State<T>& state, std::span<accumulator_t<T>> out) const {
    detail::array(out) = detail::array(state.token);
  }
};

/// The last real token of every row, `pool(Last{}, x, ...)`: `last_pool(x)`, `last_pool(x, mask)`,
/// `last_pool(x, device)`, `last_pool(x, mask, device)`. Without a mask that is x[:, seq - 1, :].
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result:
/// `[batch, hidden]`. Mask, empty rows and numerics: `Last`. Errors, complexity, allocation: `pool`.
template <class X, class... MaskAndDevice>
auto last_pool(const X& x, const MaskAndDevice&... mask_and_device) {
  return pool(Last{}, x, mask_and_device...);
}

}  // namespace seqpool::inline SEQPOOL_ABI

#endif
