// SPDX-License-Identifier: MIT
#include <seqpool/train/detail/fit_from.hpp>

#include <limits>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"

using seqpool::FitOptions;
using seqpool::Index;

TEST_CASE("options that mean nothing are refused by name and value", "[fit_from]") {
  const auto check = [](const FitOptions& options) { seqpool::detail::check_options(options); };
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  CHECK_NOTHROW(check({}));
  CHECK_NOTHROW(check({.C = infinity, .tolerance = 0, .iterations = 0}));
  for (const double C : {0., -1., nan})
    CHECK_THROWS_WITH(check({.C = C}), ct::has_substring("fit: C is " + std::to_string(C) + ": it must be over 0"));
  for (const double l2 : {-1., nan, infinity})
    CHECK_THROWS_WITH(check({.query_l2 = l2}), ct::has_substring("query_l2 is " + std::to_string(l2)));
  for (const double tolerance : {-1e-3, nan})
    CHECK_THROWS_WITH(check({.tolerance = tolerance}), ct::has_substring("tolerance is " + std::to_string(tolerance)));
  CHECK_THROWS_WITH(check({.iterations = -1}), ct::has_substring("iterations is -1"));
}

TEST_CASE("a vector that is not finite is an error, by its row", "[fit_from]") {
  Eigen::Tensor<Eigen::half, 2> x(3, 2);
  x.setValues({{Eigen::half(1), Eigen::half(2)}, {Eigen::half(3), Eigen::half(4)}, {Eigen::half(5), Eigen::half(6)}});
  CHECK(seqpool::detail::finite_rows<double>(x) == std::vector<double>{1, 2, 3, 4, 5, 6});
  x(2, 1) = std::numeric_limits<Eigen::half>::infinity();
  CHECK_THROWS_AS(seqpool::detail::finite_rows<double>(x), std::domain_error);
  CHECK_THROWS_WITH(seqpool::detail::finite_rows<float>(x), ct::has_substring("row 2 is pooled to inf in feature 1"));
}

TEST_CASE("a Linear alone is fitted in double, with a bias if it has one", "[fit_from]") {
  const Eigen::MatrixXf weight = Eigen::MatrixXf::Ones(2, 3);
  const auto with =
      seqpool::detail::to_be_fitted(seqpool::Sequential{seqpool::Linear<float>(weight, std::vector<float>{1, 2})});
  STATIC_REQUIRE(std::is_same_v<decltype(with), const seqpool::Linear<double>>);
  CHECK(seqpool::parameter_count(with) == 8);
  const auto without = seqpool::detail::to_be_fitted(seqpool::Sequential{seqpool::Linear<float>(weight)});
  CHECK(seqpool::parameter_count(without) == 6);
  const seqpool::Sequential two{seqpool::Linear<float>(weight), seqpool::Normalize{}};
  STATIC_REQUIRE(std::is_same_v<decltype(seqpool::detail::to_be_fitted(two)), decltype((two))>);
}
