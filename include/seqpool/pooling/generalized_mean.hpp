// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/aligned.hpp>
#include <seqpool/detail/check.hpp>
#include <seqpool/detail/compiler.hpp>
#include <seqpool/detail/exponential.hpp>
#include <seqpool/detail/vector.hpp>
#include <seqpool/fold/pooling.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <tuple>
#include <type_traits>

namespace seqpool::inline SEQPOOL_ABI {

/// The generalized mean of every feature over a row's n real tokens: out[h] = ((sum_t max(x_t[h], eps)^p) / n)^(1/p),
/// with one p for all features or one for each. With p = 1 it is nearly the mean; the larger p is, the nearer it is to
/// the maximum.
///
///     seqpool::pool(seqpool::GeneralizedMean{3}, x, mask);
///     seqpool::pool(seqpool::GeneralizedMean{p}, x, mask);  // p [hidden], learned
///
/// **Shapes**: p a number or `[hidden]`; tokens `[n, hidden]` to `[hidden]`.
/// **Errors**: `std::invalid_argument` if p is not a number above 0, or not `[hidden]`; or eps below 0.
/// **Cost**: for p = 3, two multiplications a feature; for other p, a power.
/// **Numerics**: in `accumulator_t`. Let L be the largest |log max(x_t[h], eps)| of those that are not 0. |error| <=
/// ((min(n, 256) + n / 256 + 2) / p + 3 L + 2) * eps * out[h], if each max(x_t[h], eps), its power, the mean of the
/// powers and out[h] are 0 or at least twice the smallest normal number of `accumulator_t`, and out[h] and the sum of
/// the powers are below e^88, e^709 in double. With a p other than 3, numbers below the smallest normal one count as 0;
/// the default eps is far above them. A NaN in a real token reaches its feature.
/// Gradients of tokens are within (16 + 3 * |p - 1| * L) * eps of the largest; that of p is off by that part of
/// sum_h |g[h]| max(out[h], 1).
/// **Source**: GeM, whose p is 3 and eps 1e-6.
class GeneralizedMean {
 public:
  template <Scalar T> using State = FeatureState<T>;  // values: sum_t max(x_t, eps)^p

  /// p: a number, or an Eigen tensor of rank 1, an Eigen vector or a contiguous range, `[hidden]`, which is copied.
  template <class P> explicit GeneralizedMean(const P& p, double eps = 1e-6);

  [[nodiscard]] std::string name() const {
    if (eps_ == 1e-6) return "generalized_mean";
    return detail::sentence({"generalized_mean of eps ", detail::number_text(eps_)});
  }
  void visit_parameters(auto f) const {
    const auto& p = std::get<1>(p_);
    if (is_number_)
      seqpool::visit_parameter(f, "p", p, {}, false);
    else
      seqpool::visit_parameter(f, "p", p, {static_cast<Index>(p.size())}, false);
  }
  [[nodiscard]] Index width(Index hidden) const;
  void init(auto& state, Index hidden) const { state.start(hidden, 0); }
  template <Scalar T> void fold(State<T>& state, const TokenBlock<T>& tokens) const;
  void merge(auto& state, const auto& next) const { state.merge(next, std::plus()); }
  template <Scalar T> void finish(const State<T>& state, std::span<accumulator_t<T>> out) const;
  template <Scalar T>
  void backward(const State<T>& state, const TokenBlock<T>& tokens, const Gradients<accumulator_t<T>>& gradients) const;
  void set_parameters(std::span<const double> numbers);

 private:
  void add(double p);

  bool is_number_;
  double eps_;
  std::tuple<detail::AlignedVector<float>, detail::AlignedVector<double>> p_;  // in both accumulator types
};

// ---------------------------------------------------------------------------------------------------------------------

template <class P>
GeneralizedMean::GeneralizedMean(const P& p, double eps) : is_number_(std::is_arithmetic_v<P>), eps_(eps) {
  constexpr bool lawful = std::is_arithmetic_v<P> || detail::ScalarVector<P>;
  static_assert(lawful,
                "seqpool: GeneralizedMean{p} takes one number, or p [hidden]: an Eigen tensor of rank 1, an Eigen "
                "vector, or a contiguous range, of float, double, Eigen::half or Eigen::bfloat16.");
  if constexpr (std::is_arithmetic_v<P>)
    add(static_cast<double>(p));
  else if constexpr (lawful)
    detail::for_each_element(p, [this](const auto& element) { add(static_cast<double>(widen(element))); });
  if (!(eps >= 0 && eps <= static_cast<double>((std::numeric_limits<float>::max)())))
    detail::fail({"eps is ", detail::number_text(eps), ": it must be a number of 0 or more"});
}

inline void GeneralizedMean::add(double p) {
  if (!(static_cast<float>(p) > 0 && std::isfinite(static_cast<float>(p))))
    detail::fail({"p is ", detail::number_text(p), ": it must be a number above 0"});
  std::get<0>(p_).push_back(static_cast<float>(p));
  std::get<1>(p_).push_back(p);
}

inline Index GeneralizedMean::width(Index hidden) const {
  const auto size = static_cast<Index>(std::get<0>(p_).size());
  if (!is_number_ && size != hidden)
    detail::fail({"p is ", detail::shape({size}), ", but hidden states have hidden ", hidden,
                  ": p must be one number or [hidden]"});
  return hidden;
}

template <Scalar T> void GeneralizedMean::fold(State<T>& state, const TokenBlock<T>& tokens) const {
  using A = accumulator_t<T>;
  const auto& p = std::get<detail::AlignedVector<A>>(p_);
  const A eps = static_cast<A>(eps_);
  if (!is_number_) {
    seqpool::fold_features(
        tokens, [](Index) { return nullptr; },
        [eps](A x, std::nullptr_t, A& sum, const A& exponent)
            SEQPOOL_INLINE_LAMBDA { sum += detail::power(detail::either(x < eps, eps, x), exponent); },
        state.values.data(), p.data());
    state.count += tokens.size();
  } else if (p.front() == 3) {
    state.fold(tokens, [eps](A sum, A x) {
      const A base = x < eps ? eps : x;
      return sum + base * base * base;
    });
  } else {
    state.fold(tokens, [eps, exponent = p.front()](A sum, A x) SEQPOOL_INLINE_LAMBDA {
      return sum + detail::power(detail::either(x < eps, eps, x), exponent);
    });
  }
}

template <Scalar T> void GeneralizedMean::finish(const State<T>& state, std::span<accumulator_t<T>> out) const {
  using A = accumulator_t<T>;
  const auto& p = std::get<detail::AlignedVector<A>>(p_);
  if (state.count == 0) {
    as_array(out).setZero();
  } else {
    for (std::size_t h = 0; h < out.size(); ++h)
      out[h] = detail::exponential(detail::logarithm(state.values[h] / state.divisor()) / p[is_number_ ? 0 : h]);
  }
}

// With q_t = max(x_t, eps) / out: d x_t = g / n * q_t^(p - 1), or 0 below eps, and d p = g out / (p n) * sum_t q_t^p
// log q_t, which are finite where powers of x_t alone would not be. Where out is 0, both are 0.
template <Scalar T>
void GeneralizedMean::backward(const State<T>& state, const TokenBlock<T>& tokens,
                               const Gradients<accumulator_t<T>>& gradients) const {
  using A = accumulator_t<T>;
  const auto none = [](Index) { return nullptr; };
  const auto hidden = static_cast<Index>(gradients.out.size());
  const auto& p = std::get<detail::AlignedVector<A>>(p_);
  const A eps = static_cast<A>(eps_), n = state.divisor();
  A* const exponent = gradients.scratch(2 * hidden);
  A* const moment = exponent + hidden;
  for (Index h = 0; h < hidden; ++h) exponent[h] = p[is_number_ ? 0 : static_cast<std::size_t>(h)];
  gradients.spread(
      tokens, none,
      [eps, n](A x, std::nullptr_t, A g, A out, A power) SEQPOOL_INLINE_LAMBDA {
        const A slope = power == 1 ? A(1) : detail::power(detail::either(x < eps, eps, x) / out, power - 1);
        return detail::either((x < eps) | (out == 0), A(0), g / n * slope);
      },
      gradients.d_out.data(), gradients.out.data(), std::as_const(exponent));
  if (gradients.own.empty()) return;
  std::fill_n(moment, hidden, A(0));
  seqpool::fold_features(
      tokens, none,
      [eps](A x, std::nullptr_t, A& held, A out, A power) SEQPOOL_INLINE_LAMBDA {
        const A q = detail::either(x < eps, eps, x) / out;
        held += detail::either((q == 0) | (out == 0), A(0), detail::power(q, power) * detail::logarithm(q));
      },
      moment, gradients.out.data(), std::as_const(exponent));
  for (Index h = 0; h < hidden; ++h) {
    const auto feature = static_cast<std::size_t>(h);
    gradients.own[is_number_ ? 0 : feature] +=
        gradients.d_out[feature] * gradients.out[feature] / (exponent[h] * n) * moment[h];
  }
}

inline void GeneralizedMean::set_parameters(std::span<const double> numbers) {
  seqpool::check_count(*this, numbers);
  GeneralizedMean other(*this);  // so that nothing changes if a number is refused
  std::get<0>(other.p_).clear();
  std::get<1>(other.p_).clear();
  for (const double number : numbers) other.add(number);
  *this = std::move(other);
}

}  // namespace seqpool::inline SEQPOOL_ABI
