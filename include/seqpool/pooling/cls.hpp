// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_POOLING_CLS_HPP
#define SEQPOOL_POOLING_CLS_HPP

#include <seqpool/fold/pooling.hpp>
#include <seqpool/pool.hpp>

#include <cstddef>
#include <span>

namespace seqpool::inline SEQPOOL_ABI {

/// A row's first real token: out[h] = x_first[h]. In a BERT-like encoder that is the [CLS] token, also where
/// the padding is on the left.
///
/// **Shapes**: tokens `[n, hidden]` to `[hidden]`. **Mask**: padded tokens are not read; an empty row gives
/// zeros. **Errors**: none. **Complexity**: one token is read, whatever n. **Numerics**: exact.
/// **Source**: BERT; the first real token instead of index 0 is sentence-transformers' rule since 5.5.
struct Cls {
  static constexpr bool feature_wise = true;
  static constexpr Reads reads = Reads::first_token;

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
    if (!state.empty || tokens.empty()) return;
    fold_features(state.token.data(), tokens.part(0, 1), [](A, A x, Index) { return x; });
    state.empty = false;
  }

  template <Scalar T>
  void merge(State<T>& state, const State<T>& next) const {
    if (state.empty) state = next;
  }

  template <Scalar T>
  void finish(const State<T>& state, std::span<accumulator_t<T>> out) const {
    detail::array(out) = detail::array(state.token);
  }
};

/// The first real token of every row, `pool(Cls{}, x, ...)`: `cls_pool(x)`, `cls_pool(x, mask)`,
/// `cls_pool(x, device)`, `cls_pool(x, mask, device)`. Without a mask that is x[:, 0, :].
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result:
/// `[batch, hidden]`. Mask, empty rows and numerics: `Cls`. Errors, complexity, allocation: `pool`.
template <class X, class... MaskAndDevice>
auto cls_pool(const X& x, const MaskAndDevice&... mask_and_device) {
  return pool(Cls{}, x, mask_and_device...);
}

}  // namespace seqpool::inline SEQPOOL_ABI

#endif
