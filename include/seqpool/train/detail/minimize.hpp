// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/scalar.hpp>

// The include of seqpool/stop ends the compilation, as in version.hpp.
#if !__has_include(<LBFGS.h>)
#error \
    "seqpool: LBFGS++ is not found, and seqpool/train/fit.hpp needs it. Install it (Debian: liblbfgspp-dev) and link the CMake target seqpool::train, or add its include folder."
#include <seqpool/stop>
#endif
#include <LBFGS.h>

#include <cmath>
#include <exception>
#include <functional>
#include <limits>
#include <stdexcept>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::detail {

// The best point so far, and the way to it.
struct Descent {
  Eigen::VectorXd best;
  double loss = 0;      // there
  double gradient = 0;  // there, its largest number
  Index evaluations = 0;
  Index iterations = 0;
  bool converged = false;
};

// What LBFGS++ minimises, and its search along a line, which says when it begins. Versions differ in what else that
// gets.
struct WatchedFunction {
  std::function<double(const Eigen::VectorXd& at, Eigen::VectorXd& gradient)> evaluate;
  std::function<void()> begin_iteration;

  double operator()(const Eigen::VectorXd& at, Eigen::VectorXd& gradient) const { return evaluate(at, gradient); }
};
template <class T> struct WatchedSearch {
  template <class... Args> static void LineSearch(const WatchedFunction& f, Args&&... args) {
    f.begin_iteration();
    LBFGSpp::LineSearchBacktracking<T>::LineSearch(f, std::forward<Args>(args)...);
  }
};

// Minimises f from `start` on: f(at, gradient), `[n]` both, returns the loss and writes its gradient. It has converged
// where no number of that is larger than the tolerance. report(descent) is called before each iteration, and false ends
// it. Throws std::domain_error if f is no number at the start; elsewhere that makes the step shorter.
//
// LBFGS++ throws where its line search fails, which at a minimum is rounding, and goes on without end where values lie.
// So the best point is kept here. After an exception it goes on from there, without memory, as long as that helps; 100
// evaluations without a better point end it.
inline Descent minimize(const std::function<double(const Eigen::VectorXd& at, Eigen::VectorXd& gradient)>& f,
                        const Eigen::VectorXd& start, double tolerance, Index iterations,
                        const std::function<bool(const Descent&)>& report) {
  constexpr Index patience = 100, most_restarts = 20;
  struct Done {};
  Descent d;
  d.best = start;
  Index better_at = 0;
  std::exception_ptr error;  // of f or report, not to be taken for LBFGS++'s
  const auto call = [&](auto function) {
    try {
      return function();
    } catch (...) {
      error = std::current_exception();
      throw Done{};
    }
  };
  WatchedFunction watched;
  watched.evaluate = [&](const Eigen::VectorXd& at, Eigen::VectorXd& gradient) {
    gradient.resize(at.size());
    const bool first = ++d.evaluations == 1;
    const double loss = call([&] {
      const double found = f(at, gradient);
      const bool is_number = std::isfinite(found) && gradient.allFinite();
      if (first && !is_number) throw std::domain_error("seqpool: the loss, or its gradient, is no number at the start");
      return is_number ? found : (std::numeric_limits<double>::max)();
    });
    const double largest = gradient.lpNorm<Eigen::Infinity>();
    // Rounding may put the minimum a little higher than its neighbours.
    d.converged = largest <= tolerance && (first || loss <= d.loss + 1e-6 * std::abs(d.loss));
    if (first || d.converged || loss < d.loss || (loss == d.loss && largest < d.gradient)) {
      d.best = at;
      d.loss = loss;
      d.gradient = largest;
      better_at = d.evaluations;
    }
    if (d.converged || d.evaluations - better_at >= patience) throw Done{};
    return loss;
  };
  watched.begin_iteration = [&] {
    if (d.iterations == iterations || !call([&] { return report(d); })) throw Done{};
    ++d.iterations;
  };
  LBFGSpp::LBFGSParam<double> param;
  param.m = 10;
  param.epsilon = param.epsilon_rel = 0;
  param.max_linesearch = 40;
  param.linesearch = LBFGSpp::LBFGS_LINESEARCH_BACKTRACKING_STRONG_WOLFE;
  try {
    double before = std::numeric_limits<double>::infinity();
    for (Index restarts = 0; restarts <= most_restarts; ++restarts) {
      try {
        Eigen::VectorXd at = d.best;
        double loss = 0;
        LBFGSpp::LBFGSSolver<double, WatchedSearch>(param).minimize(watched, at, loss);
      } catch (const std::runtime_error&) {
      } catch (const std::logic_error&) {
      }
      if (!(d.loss < std::exchange(before, d.loss))) break;
    }
  } catch (const Done&) {
    if (error) std::rethrow_exception(error);
  }
  return d;
}

}  // namespace seqpool::inline SEQPOOL_ABI::detail
