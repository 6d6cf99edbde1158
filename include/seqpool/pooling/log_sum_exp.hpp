// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/check.hpp>
#include <seqpool/detail/compiler.hpp>
#include <seqpool/detail/dot.hpp>
#include <seqpool/detail/exponential.hpp>
#include <seqpool/detail/rows.hpp>
#include <seqpool/fold/pooling.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI {

/// The log-mean-exp of every feature over a row's n real tokens: out[h] = log((sum_t e^(r x_t[h])) / n) / r. The
/// smaller r is, the nearer the mean; the larger, the nearer the maximum.
///
///     seqpool::pool(seqpool::LogSumExp{10}, x, mask);
///
/// **Shapes**: tokens `[n, hidden]` to `[hidden]`.
/// **Errors**: `std::invalid_argument` if r is not a number above 0.
/// **Cost**: one exponential a feature.
/// **Numerics**: in `accumulator_t`, shifted by the largest value so far, so nothing overflows; |error| <= ((4 *
/// (min(n, 256) + n / 256) + 2 log n + 4) / r + 3 * max_t |x_t[h]|) * eps, if the largest difference of two x_t[h] is
/// finite in `accumulator_t`. A NaN or +inf in a real token reaches its feature; -inf adds nothing, and if all are
/// -inf, the result is -inf. The gradient of r is off by sum_h |g[h]| / r times that bound, and 16 eps of sum_h |g[h]|
/// max_t |x_t[h]|.
/// **Source**: timm's LsePlus1d, which starts with r = 10 and learns it. It turns an infinity into NaN.
class LogSumExp {
 public:
  template <Scalar T> struct State {
    Accumulators<accumulator_t<T>> max;  // [hidden], never -inf, so it can be subtracted from any number
    Accumulators<accumulator_t<T>> sum;  // [hidden], sum_t e^(r (x_t - max))
    Index count = 0;                     // tokens taken in

    void visit(auto f) { f(max), f(sum), f(count); }
  };

  explicit LogSumExp(double r);

  [[nodiscard]] std::string name() const { return "log_sum_exp"; }
  void visit_parameters(auto f) const { seqpool::visit_parameter(f, "r", std::span(&r_, 1), {}, false); }
  [[nodiscard]] Index width(Index hidden) const noexcept { return hidden; }
  template <Scalar T> void init(State<T>& state, Index hidden) const;
  template <Scalar T> void fold(State<T>& state, const TokenBlock<T>& tokens) const;
  template <Scalar T> void merge(State<T>& state, const State<T>& next) const;
  template <Scalar T> void finish(const State<T>& state, std::span<accumulator_t<T>> out) const;
  template <Scalar T>
  void backward(const State<T>& state, const TokenBlock<T>& tokens, const Gradients<accumulator_t<T>>& gradients) const;
  void set_parameters(std::span<const double> numbers) {
    seqpool::check_count(*this, numbers);
    *this = LogSumExp(numbers[0]);
  }

 private:
  // Takes in terms with the sum `terms` and the largest x: one exponential either way, because e^0 is 1.
  template <class A> SEQPOOL_INLINE static void add(A x, A terms, A r, A& max, A& sum);

  double r_;
};

// ---------------------------------------------------------------------------------------------------------------------

inline LogSumExp::LogSumExp(double r) : r_(r) {
  if (!(static_cast<float>(r) > 0 && std::isfinite(static_cast<float>(r))))
    detail::fail({"r is ", detail::number_text(r), ": it must be a number above 0"});
}

template <Scalar T> void LogSumExp::init(State<T>& state, Index hidden) const {
  state.max.assign(static_cast<std::size_t>(hidden), std::numeric_limits<accumulator_t<T>>::lowest());
  state.sum.assign(static_cast<std::size_t>(hidden), 0);
  state.count = 0;
}

template <class A> inline void LogSumExp::add(A x, A terms, A r, A& max, A& sum) {
  const A difference = x - max;
  const A less = detail::exponential(-std::abs(difference * r));
  const bool is_larger = difference > 0;
  sum = sum * detail::either(is_larger, less, A(1)) + terms * detail::either(is_larger, A(1), less);
  max = detail::larger(max, x);
}

template <Scalar T> void LogSumExp::fold(State<T>& state, const TokenBlock<T>& tokens) const {
  using A = accumulator_t<T>;
  seqpool::fold_features(
      tokens, [](Index) { return nullptr; },
      [r = static_cast<A>(r_)](A x, std::nullptr_t, A& max, A& sum)
          SEQPOOL_INLINE_LAMBDA { add(x, A(1), r, max, sum); },
      state.max.data(), state.sum.data());
  state.count += tokens.size();
}

template <Scalar T> void LogSumExp::merge(State<T>& state, const State<T>& next) const {
  for (std::size_t h = 0; h < state.max.size(); ++h)
    add(next.max[h], next.sum[h], static_cast<accumulator_t<T>>(r_), state.max[h], state.sum[h]);
  state.count += next.count;
}

template <Scalar T> void LogSumExp::finish(const State<T>& state, std::span<accumulator_t<T>> out) const {
  using A = accumulator_t<T>;
  if (state.count == 0) {
    as_array(out).setZero();
    return;
  }
  for (std::size_t h = 0; h < out.size(); ++h) {
    const A mean = detail::logarithm(state.sum[h] / static_cast<A>(state.count)) / static_cast<A>(r_);
    out[h] = state.max[h] <= (std::numeric_limits<A>::max)() ? state.max[h] + mean : state.max[h];
  }
}

// With a_t = e^(r x_t) / sum_t e^(r x_t): d x_t = g a_t, and d r = (sum_h g[h] sum_t a_t (x_t - out)[h]) / r.
template <Scalar T>
void LogSumExp::backward(const State<T>& state, const TokenBlock<T>& tokens,
                         const Gradients<accumulator_t<T>>& gradients) const {
  using A = accumulator_t<T>;
  const auto none = [](Index) { return nullptr; };
  const auto weight = [r = static_cast<A>(r_)](A x, A max, A sum) SEQPOOL_INLINE_LAMBDA {
    return sum == 0 ? sum : detail::exponential((x - max) * r) / sum;  // all are -inf: nothing weighs
  };
  gradients.spread(
      tokens, none,
      [weight](A x, std::nullptr_t, A g, A max, A sum) SEQPOOL_INLINE_LAMBDA { return g * weight(x, max, sum); },
      gradients.d_out.data(), state.max.data(), state.sum.data());
  if (gradients.own.empty()) return;
  const auto hidden = static_cast<Index>(gradients.out.size());
  A* const moment = gradients.scratch(2 * hidden);
  A* const from_max = moment + hidden;  // out - max, which has its digits whatever the offset
  std::fill_n(moment, hidden, A(0));
  for (std::size_t h = 0; h < state.sum.size(); ++h)
    from_max[h] = detail::logarithm(state.sum[h] / static_cast<A>(state.count)) / static_cast<A>(r_);
  seqpool::fold_features(
      tokens, none,
      [weight](A x, std::nullptr_t, A& held, A mean, A max, A sum) SEQPOOL_INLINE_LAMBDA {
        const A w = weight(x, max, sum);
        held += detail::either(w == 0, A(0), w * (x - max - mean));
      },
      moment, std::as_const(from_max), state.max.data(), state.sum.data());
  gradients.own[0] += detail::dot(moment, gradients.d_out.data(), hidden) / static_cast<A>(r_);
}

}  // namespace seqpool::inline SEQPOOL_ABI
