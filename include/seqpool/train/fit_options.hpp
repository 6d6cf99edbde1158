// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/scalar.hpp>

#include <any>
#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI {

/// What `fit` holds still: names of parameters as `seqpool::parameters(classifier)` has them, or places of several.
///
///     seqpool::fit(classifier, x, mask, labels, {.frozen = {"pooling", "head.0.weight"}});
struct Frozen {
  Frozen(std::initializer_list<std::string> all = {}) : places(all) {}

  std::vector<std::string> places;
};

/// Where a fit stands: what `FitOptions::progress` gets.
struct FitProgress {
  Index evaluations = 0;             ///< of the loss and its gradient, so far
  Index iterations = 0;              ///< steps so far
  double loss = 0;                   ///< of the best point so far
  double gradient = 0;               ///< its largest number there
  std::function<std::any()> best{};  ///< what `classifier` asks

  /// The best so far, to try it on what it does not learn from. C is the type of `Fitted::classifier`.
  ///
  /// **Errors**: `std::bad_any_cast` for another type.
  template <class C> [[nodiscard]] C classifier() const { return std::any_cast<C>(best()); }
};

/// How `fit` learns. All of it may be left out; the formula stands there.
struct FitOptions {
  double C = 1;                          ///< as scikit-learn's: the smaller, the stronger the penalty; infinity: none
  std::vector<double> class_weights{};   ///< `[classes]`; `balanced(labels, classes)` makes scikit-learn's
  std::vector<double> sample_weights{};  ///< `[batch]`
  double query_l2 = 0;                   ///< the penalty of what the pooling learns
  double tolerance = 1e-6;               ///< it has converged if no number of the gradient is larger
  Index iterations = 1000;               ///< steps at most
  Frozen frozen{};
  /// Called before each step; false ends the fit: early stopping by a measure of your own.
  std::function<bool(const FitProgress&)> progress{};
};

/// What `fit` found: always the best point, whether it has converged or not.
template <class Model> struct Fitted {
  Model classifier;
  double loss = 0;         ///< what `fit` makes small
  double gradient = 0;     ///< the largest number of its gradient
  Index evaluations = 0;   ///< of both
  Index iterations = 0;    ///< steps
  bool converged = false;  ///< whether `gradient` is not larger than the tolerance
  double C = 1;            ///< that of the options
};

/// Targets of a regression, `[batch, outputs]`, an Eigen tensor or map of rank 2: `Regression(targets)` stands in the
/// place of labels.
template <class Y> struct Regression {
  explicit Regression(Y all) : targets(std::move(all)) {}

  Y targets;
};

}  // namespace seqpool::inline SEQPOOL_ABI
