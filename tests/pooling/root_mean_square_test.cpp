// SPDX-License-Identifier: MIT
#include <seqpool/pooling/root_mean_square.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/scalars.hpp"
#include "support/small.hpp"

TEST_CASE("rms of known numbers is exact", "[root_mean_square]") {
  const auto x = test::small_states({{3, -4, 5, -5, 100}, {-7, 1, 5, 2, 0}});
  test::check_rows(seqpool::rms_pool(x, test::small_mask({{0, 0, 1, 1, 0}, {1, 1, 0, 0, 0}})), {5, 5});
  test::check_rows(seqpool::rms_pool(x, test::small_mask({{0, 0, 0, 0, 0}, {0, 0, 0, 0, 1}})), {0, 0});
  const float inf = std::numeric_limits<float>::infinity();
  test::check_rows(seqpool::rms_pool(test::small_states({{1, -inf, 2}})), {inf});
}

TEMPLATE_TEST_CASE("rms neither overflows up to the root of the largest number, nor vanishes", "[root_mean_square]",
                   SEQPOOL_TEST_REALS) {
  const TestType largest = std::sqrt((std::numeric_limits<TestType>::max)());
  const TestType smallest = std::is_same_v<TestType, float> ? TestType(1e-15) : TestType(1e-148);
  constexpr TestType eps = std::numeric_limits<TestType>::epsilon();
  for (const TestType size : {largest, smallest}) {
    Eigen::Tensor<TestType, 3> x(1, 5000, 1);
    x.setConstant(-size);
    CHECK(std::abs(seqpool::rms_pool(x)(0, 0) / size - 1) <= (256 / 2 + TestType(5000) / 512 + 3) * eps);
    x.setZero();
    x(0, 4321, 0) = size;
    const TestType expected = size / std::sqrt(TestType(5000));
    if (size == largest) CHECK(std::abs(seqpool::rms_pool(x)(0, 0) / expected - 1) <= 4 * eps);
  }
}
