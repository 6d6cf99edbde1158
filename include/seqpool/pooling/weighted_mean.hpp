// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/pool.hpp>

namespace seqpool::inline SEQPOOL_ABI {

/// The mean over a row's n real tokens, weighted by place: out[h] = (sum_p p x_p[h]) / (1 + 2 + ... + n), p = 1, ..., n
/// counted over the real tokens, so padding on either side changes nothing.
///
///     seqpool::pool(seqpool::WeightedMean{}, x, mask);  // or weighted_mean_pool(x, mask)
///
/// With `before`, the places begin after that many tokens that are left out but still counted, such as a prompt's:
/// p = before + 1, ..., before + n.
///
/// **Shapes**: tokens `[n, hidden]` to `[hidden]`.
/// **Errors**: `std::invalid_argument` if before is below 0.
/// **Numerics**: in `accumulator_t`, |error| <= (min(n, 256) + n / 256 + 8) * eps * 2 * max_t |x_t[h]|, for before + n
/// up to 2^24 in float, if (before + n) * sum_t |x_t[h]| is finite and the result is normal there.
/// **Source**: SGPT and sentence-transformers' "weightedmean", where places also count holes, and before version 6.2
/// padding on the left.
struct WeightedMean {
  Index before = 0;

  template <Scalar T> struct State {
    Accumulators<accumulator_t<T>> weighted;  // [hidden], sum_p p x_p
    Accumulators<accumulator_t<T>> sum;       // [hidden], sum_p x_p: what a later state is moved up by
    Index count = 0;

    void visit(auto f) { f(weighted), f(sum), f(count); }
  };

  [[nodiscard]] std::string name() const {
    if (before == 0) return "weighted_mean";
    return detail::sentence({"weighted_mean behind ", before});
  }
  [[nodiscard]] Index width(Index hidden) const {
    if (before < 0)
      detail::fail(
          {"WeightedMean's before is ", before, ": it counts tokens that are left out, so it must be 0 or more"});
    return hidden;
  }

  template <Scalar T> void init(State<T>& state, Index hidden) const {
    state.weighted.assign(static_cast<std::size_t>(hidden), 0);
    state.sum.assign(static_cast<std::size_t>(hidden), 0);
    state.count = 0;
  }

  template <Scalar T> void fold(State<T>& state, const TokenBlock<T>& tokens) const {
    using A = accumulator_t<T>;
    seqpool::fold_features(
        tokens, [&](Index i) { return static_cast<A>(state.count + i + 1); },
        [](A x, A place, A& weighted, A& sum) {
          weighted += place * x;
          sum += x;
        },
        state.weighted.data(), state.sum.data());
    state.count += tokens.size();
  }

  template <Scalar T> void merge(State<T>& state, const State<T>& next) const {
    if (state.count == 0) {  // 0 times an infinity would not be 0
      state = next;
      return;
    }
    const auto earlier = static_cast<accumulator_t<T>>(state.count);
    as_array(state.weighted) += as_array(next.weighted) + earlier * as_array(next.sum);
    as_array(state.sum) += as_array(next.sum);
    state.count += next.count;
  }

  template <Scalar T> void finish(const State<T>& state, auto out) const {
    using A = accumulator_t<T>;
    const A skipped = static_cast<A>(before);
    const A places = this->places<A>(state.count);
    if (before == 0)  // 0 times an infinity would not be 0
      as_array(out) = as_array(state.weighted) / places;
    else
      as_array(out) = (as_array(state.weighted) + skipped * as_array(state.sum)) / places;
  }

  static constexpr bool backward_by_count = true;
  template <Scalar T>
  void backward(const State<T>& state, const TokenBlock<T>& tokens,
                const Gradients<accumulator_t<T>>& gradients) const {
    using A = accumulator_t<T>;
    gradients.spread_numbers(
        tokens, gradients.d_out.data(),
        [&](Index i) { return static_cast<A>(before + tokens.number(i) + 1) / places<A>(state.count); },
        [](A g, A share) { return share * g; });
  }

 private:
  // The sum of n places.
  template <class A> [[nodiscard]] A places(Index n) const {
    const A count = static_cast<A>(n);
    return n == 0 ? A(1) : count * (count + 1) / 2 + static_cast<A>(before) * count;
  }
};

/// `pool(WeightedMean{}, x, mask, device)`.
///
/// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result: `[batch, hidden]`.
template <class X, class M = AllTokens, class D = CallingThread>
[[nodiscard]] auto weighted_mean_pool(const X& x, const M& mask = {}, const D& device = {}) {
  return seqpool::pool(WeightedMean{}, x, mask, device);
}

}  // namespace seqpool::inline SEQPOOL_ABI
