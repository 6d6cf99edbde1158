// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/fold/features.hpp>
#include <seqpool/pool.hpp>

#include <cmath>
#include <cstddef>
#include <functional>
#include <string>

namespace seqpool::inline SEQPOOL_ABI {

/// The root of the mean square of every feature over a row's n real tokens: out[h] = sqrt((sum_t x_t[h]^2) / n).
///
///     seqpool::pool(seqpool::RootMeanSquare{}, x, mask);  // or rms_pool(x, mask)
///
/// **Shapes**: tokens `[n, hidden]` to `[hidden]`.
/// **Numerics**: in `accumulator_t`, with numbers scaled by a power of 2; |error| <= (min(n, 256) / 2 + n / 512 + 3) *
/// eps * out[h], if all |x_t[h]| <= sqrt(max), which is 1.8e19 in float, for up to 2^24 tokens, and out[h] is 0 or at
/// least 1e-15 in float, 1e-148 in double.
/// **Source**: GLiClass' "rms".
struct RootMeanSquare : FeaturePooling<RootMeanSquare> {
 private:
  // Its square times 2^24 is 1: that many squares of sqrt(max) have a finite sum.
  template <class A> static constexpr A scale = A(0x1p-12);

 public:
  static constexpr auto feature_op = []<class A>(A sum, A x) {
    const A scaled = scale<A> * x;
    return sum + scaled * scaled;
  };
  static constexpr auto merge_op = std::plus<>();

  [[nodiscard]] std::string name() const { return "root_mean_square"; }
  template <Scalar T> void finish(const State<T>& state, auto out) const {
    // Eigen's root is not used: it is approximate and gives NaN for an infinity.
    for (std::size_t h = 0; h < out.size(); ++h)
      out[h] = std::sqrt(state.values[h] / state.divisor()) / scale<accumulator_t<T>>;
  }
  // g x_t / (n out), and 0 where out is.
  void backward(const auto& state, const auto& tokens, const auto& gradients) const {
    gradients.spread(
        tokens, [](Index) { return nullptr; },
        [n = state.divisor()](auto x, std::nullptr_t, auto g, auto out) { return out == 0 ? out : x / out * (g / n); },
        gradients.d_out.data(), gradients.out.data());
  }
};

/// `pool(RootMeanSquare{}, x, mask, device)`.
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, hidden]`.
template <class X, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto rms_pool(const X& x, const M& mask = {}, const D& device = {}) {
  return seqpool::pool(RootMeanSquare{}, x, mask, device);
}

}  // namespace seqpool::inline SEQPOOL_ABI
