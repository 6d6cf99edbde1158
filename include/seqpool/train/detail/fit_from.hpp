// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/gradient.hpp>
#include <seqpool/head/classifier.hpp>
#include <seqpool/head/linear.hpp>
#include <seqpool/pool.hpp>
#include <seqpool/pooling/cls.hpp>
#include <seqpool/train/detail/minimize.hpp>
#include <seqpool/train/detail/moved_parameters.hpp>
#include <seqpool/train/detail/training_loss.hpp>
#include <seqpool/train/fit_options.hpp>

#include <algorithm>
#include <any>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::detail {

inline void check_options(const FitOptions& options) {
  const auto check = [](bool lawful, const char* name, double value, const char* rule) {
    if (!lawful) detail::fail({"fit: ", name, " is ", std::to_string(value), ": it must be ", rule});
  };
  check(options.C > 0, "C", options.C, "over 0, or infinity for no penalty");
  check(options.query_l2 >= 0 && std::isfinite(options.query_l2), "query_l2", options.query_l2, "finite, 0 or more");
  check(options.tolerance >= 0, "tolerance", options.tolerance, "0 or more");
  check(options.iterations >= 0, "iterations", static_cast<double>(options.iterations), "0 or more");
}

// The same vectors, `[n, width]`, row by row. Throws std::domain_error for a number that is none.
template <class A, class V> std::vector<A> finite_rows(const V& vectors) {
  const auto view = detail::matrix_view(vectors, "the pooled vectors");
  std::vector<A> rows;
  for (Index row = 0; row < view.rows; ++row)
    for (Index f = 0; f < view.columns; ++f) {
      const auto number = static_cast<double>(view(row, f));
      if (!std::isfinite(number))
        throw std::domain_error(detail::sentence({"seqpool: fit: row ", row, " is pooled to ", std::to_string(number),
                                                  " in feature ", f, ": only finite numbers can be learned from"}));
      rows.push_back(static_cast<A>(number));
    }
  return rows;
}

// Heads of one Linear in double, so that its fit is exact; others as they are. Their numbers are set later.
template <class H> const H& to_be_fitted(const H& heads) { return heads; }
template <class T, Index Out, Index In> Linear<double> to_be_fitted(const Sequential<Linear<T, Out, In>>& heads) {
  const auto& head = heads.template get<0>();
  Eigen::Tensor<double, 2, Eigen::RowMajor> weight(head.out(), head.in());
  weight.setZero();
  if (seqpool::parameter_count(head) == weight.size()) return Linear<double>(weight);
  return Linear<double>(weight, std::vector<double>(static_cast<std::size_t>(head.out())));
}

// Moves the parameters of a classifier, which are the last of `moved`, downhill. Returns take(start with the best
// ones).
template <class Start, class C, class X, class M, class L, class D, class Take>
auto descend(const Start& start, const MovedParameters& moved, C classifier, const X& x, const M& mask, const L& loss,
             const FitOptions& options, const D& device, Take take) {
  const auto own = static_cast<std::size_t>(seqpool::parameter_count(classifier));
  const auto objective = [&](const Eigen::VectorXd& at, Eigen::VectorXd& gradient) {
    const std::vector<double> numbers = moved.numbers(at);
    try {
      seqpool::set_parameters(classifier, std::span(numbers).last(own));
    } catch (const std::invalid_argument&) {  // numbers that a part does not take: a step too far
      return std::numeric_limits<double>::infinity();
    }
    const auto back = seqpool::parameter_gradient(classifier, x, mask, loss, device);
    std::vector<double> all(numbers.size() - own);
    all.insert(all.end(), back.parameters.numbers().begin(), back.parameters.numbers().end());
    return back.loss + moved.penalty(numbers, all, gradient);
  };
  const auto model = [&](const Descent& d) { return take(seqpool::with_parameters(start, moved.numbers(d.best))); };
  const auto report = [&](const Descent& d) {
    return !options.progress ||
           options.progress({d.evaluations, d.iterations, d.loss, d.gradient, [&] { return std::any(model(d)); }});
  };
  const Descent d = detail::minimize(objective, moved.start(), options.tolerance, options.iterations, report);
  return Fitted<decltype(model(d))>{model(d), d.loss, d.gradient, d.evaluations, d.iterations, d.converged, options.C};
}

// Fits a classifier from where it stands.
template <class C, class X, class M, class L, class D, class Take>
auto fit_from(const C& start, const X& x, const M& mask, const L& loss, const FitOptions& options, const D& device,
              Take take) {
  detail::check_options(options);
  const auto& sequences = detail::sequences_of(x);
  const auto& selection = detail::selection_of(mask);
  const RowPooler pooler(start.pooling(), sequences, selection);
  const Index rows = pooler.rows(), width = pooler.width();
  loss.check(rows, static_cast<Index>(start.heads().width(width)));
  MovedParameters moved(start, options.frozen.places, 1 / (options.C * loss.total_weight()), options.query_l2);
  const auto pooled = seqpool::pool(start.pooling(), x, mask, device);
  auto head = detail::to_be_fitted(start.heads());
  using A = std::conditional_t<Head<decltype(head), double>, double, typename decltype(pooled)::Scalar>;
  const std::vector<A> vectors = detail::finite_rows<A>(pooled);
  std::vector<double> mean(static_cast<std::size_t>(width));
  for (std::size_t i = 0; i < vectors.size(); ++i)
    mean[i % mean.size()] += static_cast<double>(vectors[i]) / static_cast<double>(rows);
  moved.centre(mean);
  if constexpr (Parametric<std::remove_cvref_t<decltype(start.pooling())>>)
    if (moved.moves_pooling()) return detail::descend(start, moved, start, x, mask, loss, options, device, take);
  const HiddenStates<A> states(vectors.data(), {rows, Index{1}, width});
  return detail::descend(start, moved, Classifier(Cls{}, std::move(head)), states, all_tokens, loss, options, device,
                         take);
}

// Fits a Linear of zeros behind a pooling.
template <class P, class X, class M, class Y, class D, class Take>
auto fit_new(const P& pooling, const X& x, const M& mask, const Y& labels, const FitOptions& options, const D& device,
             Take take) {
  using A = accumulator_t<typename sequences_t<X>::value_type>;
  const auto [loss, outputs] = detail::training_loss(labels, options, true);
  Eigen::Tensor<A, 2, Eigen::RowMajor> weight(outputs,
                                              static_cast<Index>(pooling.width(detail::sequences_of(x).hidden())));
  weight.setZero();
  const Linear<A> head(weight, std::vector<A>(static_cast<std::size_t>(outputs)));
  return detail::fit_from(Classifier(pooling, head), x, mask, loss, options, device, take);
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
