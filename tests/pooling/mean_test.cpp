// SPDX-License-Identifier: MIT
#include <seqpool/input/lengths.hpp>
#include <seqpool/pooling/mean.hpp>

#include "support/catch.hpp"
#include "support/small.hpp"

TEST_CASE("mean is over the real tokens, and counts only those", "[mean]") {
  const auto x = test::small_states({{1, 3, 5, 100}, {2, 4, 6, 8}});
  test::check_rows(seqpool::mean_pool(x), {27.25f, 5});
  test::check_rows(seqpool::mean_pool(x, test::small_mask({{1, 1, 0, 0}, {0, 1, 0, 1}})), {2, 6});
  test::check_rows(seqpool::mean_pool(x, test::small_mask({{1, 1, 1, 0}, {0, 0, 0, 0}})), {3, 0});
  test::check_rows(seqpool::mean_pool(x, seqpool::Lengths(std::array{2, 4})), {2, 5});
}

TEST_CASE("mean of halves near the largest half does not overflow", "[mean]") {
  Eigen::Tensor<Eigen::half, 3> x(1, 5000, 2);
  x.setConstant(Eigen::half(65504));
  test::check_rows(seqpool::mean_pool(x), {65504});
}
