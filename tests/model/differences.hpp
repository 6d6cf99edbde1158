// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_MODEL_DIFFERENCES_HPP
#define SEQPOOL_TESTS_MODEL_DIFFERENCES_HPP

#include <algorithm>
#include <cmath>
#include <limits>
#include <seqpool/scalar.hpp>

#include "support/catch.hpp"

namespace test {

// The largest difference of the two, over the largest number of `expected` or 1, whichever is more: results are sums of
// products that are as large as 1 each, whose errors are theirs, though the sum may be near 0.
template <class X, class Y> double difference(const X& found, const Y& expected) {
  REQUIRE(found.dimension(0) == expected.dimension(0));
  REQUIRE(found.dimension(1) == expected.dimension(1));
  double largest = 1;
  double off = 0;
  for (seqpool::Index b = 0; b < expected.dimension(0); ++b)
    for (seqpool::Index f = 0; f < expected.dimension(1); ++f) {
      if (!std::isfinite(found(b, f))) return std::numeric_limits<double>::infinity();
      largest = std::max(largest, std::abs(static_cast<double>(expected(b, f))));
      off = std::max(off, std::abs(static_cast<double>(found(b, f)) - static_cast<double>(expected(b, f))));
    }
  return off / largest;
}

// The same of what belongs to each token, which of padding must be 0.
template <class X, class Y, class M> double token_difference(const X& found, const Y& expected, const M& mask) {
  REQUIRE(found.dimensions() == expected.dimensions());
  double largest = 1;
  double off = 0;
  for (seqpool::Index b = 0; b < found.dimension(0); ++b)
    for (seqpool::Index s = 0; s < found.dimension(1); ++s)
      for (seqpool::Index f = 0; f < found.dimension(2); ++f) {
        if (mask(b, s) == 0) CHECK(found(b, s, f) == 0);
        if (mask(b, s) == 0) continue;
        if (!std::isfinite(found(b, s, f))) return std::numeric_limits<double>::infinity();
        largest = std::max(largest, std::abs(static_cast<double>(expected(b, s, f))));
        off = std::max(off, std::abs(static_cast<double>(found(b, s, f) - expected(b, s, f))));
      }
  return off / largest;
}

// Both sides round in float, through a pooling of at most 7 tokens and at most four layers of at most 48 features.
inline constexpr double few_eps = 32 * static_cast<double>(std::numeric_limits<float>::epsilon());
}  // namespace test

#endif
