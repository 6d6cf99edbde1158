// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_GOLDEN_HPP
#define SEQPOOL_TESTS_SUPPORT_GOLDEN_HPP

#include <algorithm>
#include <cmath>
#include <limits>
#include <seqpool/scalar.hpp>

#include "support/catch.hpp"

namespace test {

// The largest |ours - golden| in eps of the largest golden value.
template <class A, class Result, class Golden> double distance(const Result& result, const Golden& golden) {
  REQUIRE(result.dimension(0) == golden.dimension(0));
  REQUIRE(result.dimension(1) == golden.dimension(1));
  double largest = 0;
  double difference = 0;
  for (seqpool::Index b = 0; b < golden.dimension(0); ++b)
    for (seqpool::Index h = 0; h < golden.dimension(1); ++h) {
      REQUIRE(std::isfinite(result(b, h)));
      largest = std::max(largest, std::abs(static_cast<double>(golden(b, h))));
      difference =
          std::max(difference, std::abs(static_cast<double>(result(b, h)) - static_cast<double>(golden(b, h))));
    }
  return difference / (largest * static_cast<double>(std::numeric_limits<A>::epsilon()));
}

}  // namespace test

#endif
