// SPDX-License-Identifier: MIT
#include <seqpool/train/fit_options.hpp>

#include <seqpool/seqpool.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"

using seqpool::FitOptions;
using seqpool::Frozen;

TEST_CASE("frozen places are written in braces", "[fit_options]") {
  CHECK(FitOptions{}.frozen.places.empty());
  CHECK(FitOptions{.frozen = {"pooling"}}.frozen.places == std::vector<std::string>{"pooling"});
  CHECK(FitOptions{.frozen = {"pooling", "head.0.weight"}}.frozen.places ==
        std::vector<std::string>{"pooling", "head.0.weight"});
  CHECK(FitOptions{.frozen = Frozen{"pooling", "head.0.weight"}}.frozen.places.size() == 2);
}

TEST_CASE("what is left out is scikit-learn's, or nothing", "[fit_options]") {
  const FitOptions options;
  CHECK((options.C == 1 && options.query_l2 == 0 && options.tolerance == 1e-6 && options.iterations == 1000));
  const seqpool::FitProgress start;
  CHECK((start.evaluations == 0 && start.iterations == 0 && start.loss == 0 && start.gradient == 0));
  const seqpool::Fitted<int> fitted{7};
  CHECK((fitted.classifier == 7 && fitted.loss == 0 && fitted.gradient == 0 && fitted.C == 1));
  CHECK((fitted.evaluations == 0 && fitted.iterations == 0 && !fitted.converged));
}

TEST_CASE("a progress gives the classifier of its own type", "[fit_options]") {
  const seqpool::FitProgress progress{.best = [] { return std::any(7); }};
  CHECK(progress.classifier<int>() == 7);
  CHECK_THROWS_AS(progress.classifier<float>(), std::bad_any_cast);
}

TEST_CASE("targets of a regression are held as they are", "[fit_options]") {
  Eigen::Tensor<float, 2> targets(2, 3);
  targets.setConstant(4);
  const seqpool::Regression regression{targets};
  STATIC_REQUIRE(std::is_same_v<decltype(regression), const seqpool::Regression<Eigen::Tensor<float, 2>>>);
  CHECK(regression.targets(1, 2) == 4);
  CHECK(seqpool::Regression(targets).targets(1, 2) == 4);
}
