// SPDX-License-Identifier: MIT
#include <seqpool/train/detail/minimize.hpp>

#include <cmath>
#include <functional>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"

using Eigen::VectorXd;
using seqpool::Index;
using seqpool::detail::Descent;

namespace {

const auto go_on = [](const Descent&) { return true; };

// A quadratic of condition 1e4, whose minimum of 0 is in `centre`.
struct Bowl {
  VectorXd scale = VectorXd(200), centre = VectorXd(200);

  Bowl() {
    for (Index i = 0; i < 200; ++i) {
      scale[i] = std::pow(10., -4. * static_cast<double>(i) / 200.);
      centre[i] = std::sin(static_cast<double>(i));
    }
  }
  double operator()(const VectorXd& at, VectorXd& gradient) const {
    gradient = scale.cwiseProduct(at - centre);
    return 0.5 * (at - centre).dot(gradient);
  }
};

// What is wrong with a function: it changes the loss and the gradient of call number `call`.
struct Lie {
  std::string name;
  std::function<double(double loss, VectorXd& gradient, int call, test::Random&)> tell;
};

double noise(test::Random& random) { return random.between(-1e-7, 1e-7); }

}  // namespace

TEST_CASE("a quadratic is minimised", "[minimize]") {
  const Bowl bowl;
  const auto found = seqpool::detail::minimize(bowl, VectorXd::Zero(200), 1e-6, 500, go_on);
  CHECK(found.converged);
  CHECK(found.gradient <= 1e-6);
  CHECK(found.evaluations < 500);
  CHECK(found.iterations <= found.evaluations);
  CHECK((found.best - bowl.centre).cwiseAbs().maxCoeff() <= 1e-6 / 1e-4);  // a gradient by the smallest scale
  VectorXd gradient;
  CHECK(found.loss == bowl(found.best, gradient));
  CHECK(found.gradient == gradient.cwiseAbs().maxCoeff());
}

TEST_CASE("functions that lie come to an end, and what is found says so", "[minimize]") {
  const std::vector<Lie> lies{
      {"honest", [](double loss, VectorXd&, int, test::Random&) { return loss; }},
      {"wrong sign",
       [](double loss, VectorXd& g, int, test::Random&) {
         g = -g;
         return loss;
       }},
      {"gradient too long",
       [](double loss, VectorXd& g, int, test::Random&) {
         g *= 3;
         return loss;
       }},
      {"noise", [](double loss, VectorXd&, int, test::Random& random) { return loss + noise(random); }},
      {"noise in both",
       [](double loss, VectorXd& g, int, test::Random& random) {
         for (Index i = 0; i < g.size(); ++i) g[i] += noise(random);
         return loss + noise(random);
       }},
      {"NaN from call 3 on",
       [](double loss, VectorXd&, int call, test::Random&) { return call < 3 ? loss : std::nan(""); }},
      {"float",
       [](double loss, VectorXd& g, int, test::Random&) {
         g = g.cast<float>().cast<double>().eval();
         return static_cast<double>(static_cast<float>(loss));
       }},
      {"constant",
       [](double, VectorXd& g, int, test::Random&) {
         g.setConstant(1e-3);
         return 1.;
       }},
      {"gradient of NaN from call 3 on",
       [](double loss, VectorXd& g, int call, test::Random&) {
         if (call >= 3) g[7] = std::nan("");
         return loss;
       }},
      {"flat and high from call 3 on", [](double loss, VectorXd& g, int call, test::Random&) {
         if (call < 3) return loss;
         g.setZero();
         return loss + 1e9;
       }}};
  const Bowl bowl;
  for (const Lie& lie : lies) {
    INFO(lie.name);
    test::Random random(1);
    int calls = 0;
    double least = std::numeric_limits<double>::infinity();
    const auto f = [&](const VectorXd& at, VectorXd& gradient) {
      const double loss = bowl(at, gradient), told = lie.tell(loss, gradient, ++calls, random);
      if (gradient.allFinite() && told < least) least = told;
      return told;
    };
    const auto found = seqpool::detail::minimize(f, VectorXd::Zero(200), 1e-6, 500, go_on);
    CHECK(calls == found.evaluations);
    CHECK(calls <= 1000);
    const bool honest = lie.name == "honest" || lie.name == "gradient too long" || lie.name == "float";
    CHECK(found.converged == honest);
    // Always the best point that was told.
    CHECK(found.loss >= least);
    CHECK(found.loss <= least + (found.converged ? 1e-6 * std::abs(least) : 0));
    CHECK((found.gradient <= 1e-6) == found.converged);
  }
}

TEST_CASE("after a line search that failed it goes on from the best point", "[minimize]") {
  const Bowl bowl;
  constexpr int before = 5, steps = 40;  // of a line search, which then gives up
  VectorXd best, again;
  double least = std::numeric_limits<double>::infinity();
  int calls = 0;
  const auto f = [&](const VectorXd& at, VectorXd& gradient) {
    const double loss = bowl(at, gradient);
    ++calls;
    if (calls > before && calls <= before + steps) return loss + 1e9;
    if (calls == before + steps + 1) again = at;
    if (calls <= before && loss < least) {
      least = loss;
      best = at;
    }
    return loss;
  };
  const auto found = seqpool::detail::minimize(f, VectorXd::Zero(200), 1e-6, 500, go_on);
  CHECK(again == best);
  CHECK(best.norm() > 0);
  CHECK(found.converged);
}

TEST_CASE("what has no minimum comes to an end", "[minimize]") {
  const auto slope = [](const VectorXd& at, VectorXd& gradient) {
    gradient.setOnes(at.size());
    return at.sum();
  };
  const auto found = seqpool::detail::minimize(slope, VectorXd::Zero(200), 1e-6, 500, go_on);
  CHECK_FALSE(found.converged);
  CHECK(found.evaluations <= 1000);
  CHECK(found.loss < -1e6);
}

TEST_CASE("100 evaluations without a better point end it", "[minimize]") {
  // Once it says less than it ever will again: every later step goes down, and to no better point.
  int calls = 0;
  const auto fluke = [&](const VectorXd& at, VectorXd& gradient) {
    const double loss = Bowl()(at, gradient);
    return ++calls == 1 ? -1e9 : loss;
  };
  const auto found = seqpool::detail::minimize(fluke, VectorXd::Zero(200), 1e-9, 500, go_on);
  CHECK(found.evaluations == 101);
  CHECK_FALSE(found.converged);
  CHECK(found.loss == -1e9);
}

TEST_CASE("of points with the same loss the first with the least gradient is the best", "[minimize]") {
  for (const double factor : {0.5, 1., 2.}) {
    VectorXd best;
    double least = std::numeric_limits<double>::infinity(), next = 1;
    const auto flat = [&](const VectorXd& at, VectorXd& gradient) {
      gradient.setConstant(at.size(), next);
      if (next < least) {
        least = next;
        best = at;
      }
      next *= factor;
      return 3.;
    };
    const auto found = seqpool::detail::minimize(flat, VectorXd::Zero(3), 1e-6, 500, go_on);
    CHECK(found.loss == 3);
    CHECK(found.gradient == least);
    CHECK(found.best == best);
    CHECK(found.converged == (factor < 1));
  }
}

TEST_CASE("a loss or a gradient that is no number at the start is an error", "[minimize]") {
  const Bowl bowl;
  const auto nan_loss = [&](const VectorXd& at, VectorXd& gradient) { return bowl(at, gradient) * std::nan(""); };
  CHECK_THROWS_AS(seqpool::detail::minimize(nan_loss, VectorXd::Zero(200), 1e-6, 500, go_on), std::domain_error);
  const auto nan_gradient = [&](const VectorXd& at, VectorXd& gradient) {
    const double loss = bowl(at, gradient);
    gradient[199] = std::nan("");
    return loss;
  };
  CHECK_THROWS_AS(seqpool::detail::minimize(nan_gradient, VectorXd::Zero(200), 1e-6, 500, go_on), std::domain_error);
}

TEST_CASE("a loss that is no number makes the step shorter", "[minimize]") {
  // -log(x) + x, whose steps lead below 0 at first.
  const auto barrier = [](const VectorXd& at, VectorXd& gradient) {
    gradient = VectorXd::Constant(1, 1 - 1 / at[0]);
    return at[0] - std::log(at[0]);
  };
  const auto found = seqpool::detail::minimize(barrier, VectorXd::Constant(1, 20.), 1e-9, 500, go_on);
  CHECK(found.converged);
  CHECK(found.best[0] == ct::Approx(1).epsilon(1e-8));
}

TEST_CASE("iterations are at most as many as asked for, and the best point is kept", "[minimize]") {
  for (const Index most : {0, 1, 3}) {
    const auto found = seqpool::detail::minimize(Bowl(), VectorXd::Zero(200), 1e-9, most, go_on);
    CHECK(found.iterations == most);
    CHECK_FALSE(found.converged);
    CHECK(found.evaluations >= most);
    VectorXd gradient;
    CHECK(found.loss == Bowl()(found.best, gradient));
    CHECK((most == 0) == (found.best == VectorXd(VectorXd::Zero(200))));
  }
}

TEST_CASE("the report comes before each iteration, with the best so far, and may end it", "[minimize]") {
  Index reports = 0;
  double before = std::numeric_limits<double>::infinity();
  const auto found = seqpool::detail::minimize(Bowl(), VectorXd::Zero(200), 1e-9, 500, [&](const Descent& descent) {
    CHECK(descent.iterations == reports);
    CHECK(descent.loss < before);
    VectorXd gradient;
    CHECK(descent.loss == Bowl()(descent.best, gradient));
    before = descent.loss;
    return ++reports < 5;
  });
  CHECK(reports == 5);
  CHECK(found.iterations == 4);
  CHECK(found.loss == before);
  CHECK_FALSE(found.converged);
}

TEST_CASE("exceptions of the function and of the report come out", "[minimize]") {
  // Of types that LBFGS++ throws itself.
  int calls = 0;
  const auto f = [&](const VectorXd& at, VectorXd& gradient) -> double {
    if (++calls == 3) throw std::runtime_error("mine");
    return Bowl()(at, gradient);
  };
  CHECK_THROWS_WITH(seqpool::detail::minimize(f, VectorXd::Zero(200), 1e-9, 500, go_on), "mine");
  CHECK(calls == 3);
  CHECK_THROWS_WITH(seqpool::detail::minimize(Bowl(), VectorXd::Zero(200), 1e-9, 500,
                                              [](const Descent&) -> bool { throw std::logic_error("mine too"); }),
                    "mine too");
}

TEST_CASE("a start that is the minimum has converged at once", "[minimize]") {
  const auto found = seqpool::detail::minimize(Bowl(), Bowl().centre, 0, 500, go_on);
  CHECK(found.converged);
  CHECK(found.evaluations == 1);
  CHECK(found.iterations == 0);
}
