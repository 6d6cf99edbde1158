// SPDX-License-Identifier: MIT
#include <seqpool/head/detail/classes.hpp>

#include <cmath>
#include <limits>

#include "support/catch.hpp"

namespace detail = seqpool::detail;

TEST_CASE("a single logit is a class of its own, several exclude each other", "[classes]") {
  Eigen::Tensor<float, 2, Eigen::RowMajor> one(4, 1), two(2, 2);
  one.setValues({{0.5f}, {0}, {-1}, {std::numeric_limits<float>::quiet_NaN()}});
  two.setValues({{0, 3}, {2, -5}});
  const auto of_one = detail::classes_of(one), of_two = detail::classes_of(two);
  CHECK((of_one(0) == 1 && of_one(1) == 0 && of_one(2) == 0 && of_one(3) == 0));
  CHECK((of_two(0) == 1 && of_two(1) == 0));
  const auto p_of_one = detail::probabilities_of(one), p_of_two = detail::probabilities_of(two);
  CHECK(p_of_one(1, 0) == 0.5f);
  CHECK(p_of_one(0, 0) == seqpool::sigmoid(one)(0, 0));
  CHECK(p_of_two(0, 1) == seqpool::softmax(two)(0, 1));
}
