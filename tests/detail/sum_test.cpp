// SPDX-License-Identifier: MIT
#include <seqpool/detail/sum.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

TEMPLATE_LIST_TEST_CASE("sum is within its bound, and its bits do not depend on addresses", "[sum]", test::Reals) {
  for (const seqpool::Index n : {0, 1, 15, 16, 17, 31, 32, 130, 1000}) {
    const auto x = test::Random(static_cast<std::uint64_t>(n) + 1).values<TestType>(n, -1, 1.5);
    long double exact = 0;
    long double size = 0;
    for (const TestType value : x) {
      exact += static_cast<long double>(value);
      size += std::abs(static_cast<long double>(value));
    }
    const TestType result = seqpool::detail::sum(x.data(), n);
    const long double eps = static_cast<long double>(std::numeric_limits<TestType>::epsilon());
    CHECK(std::abs(static_cast<long double>(result) - exact) <= (static_cast<long double>(n) / 32 + 10) * eps * size);

    for (std::size_t offset = 1; offset < 16; offset += 3) {
      std::vector<TestType> moved(offset);
      moved.insert(moved.end(), x.begin(), x.end());
      CHECK(seqpool::detail::sum(moved.data() + offset, n) == result);
    }
  }
}

TEMPLATE_LIST_TEST_CASE("sum loses to a large number no more than its bound", "[sum]", test::Reals) {
  const TestType eps = std::numeric_limits<TestType>::epsilon();
  std::vector<TestType> x(1024, eps * TestType(0.49));  // each of which 1 swallows
  x[0] = 1;
  CHECK(std::abs(seqpool::detail::sum(x.data(), 1024) - (1 + 1023 * TestType(0.49) * eps)) <= (1024 / 32 + 10) * eps);
}

TEST_CASE("sum takes in the first number and the last, and no more", "[sum]") {
  for (const seqpool::Index n : {1, 16, 17, 48, 50}) {
    std::vector<float> x(static_cast<std::size_t>(n) + 1, 0);
    x.back() = 100;  // beyond
    x[0] = 1;
    x[static_cast<std::size_t>(n) - 1] += 2;
    CHECK(seqpool::detail::sum(x.data(), n) == 3);
  }
  CHECK(seqpool::detail::sum<float>(nullptr, 0) == 0);
}
