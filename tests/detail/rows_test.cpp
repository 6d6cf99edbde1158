// SPDX-License-Identifier: MIT
#include <seqpool/detail/rows.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

TEMPLATE_TEST_CASE("sum is within its bound, and its bits do not depend on addresses", "[sum]", SEQPOOL_TEST_REALS) {
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

TEMPLATE_TEST_CASE("sum loses to a large number no more than its bound", "[sum]", SEQPOOL_TEST_REALS) {
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

using seqpool::Index;

TEST_CASE("every NaN becomes the one quiet NaN, and all else stays", "[canonical]") {
  using seqpool::detail::canonical;
  for (const std::uint32_t bits : {0x7fc00000u, 0xffc00000u, 0x7f800001u, 0xffffffffu})
    CHECK(std::bit_cast<std::uint32_t>(canonical(std::bit_cast<float>(bits))) == 0x7fc00000u);
  for (const float x :
       {0.0f, -0.0f, 1.5f, std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::denorm_min()})
    CHECK(std::bit_cast<std::uint32_t>(canonical(x)) == std::bit_cast<std::uint32_t>(x));
  CHECK(canonical(Index{7}) == 7);
}

TEST_CASE("a row is made canonical at every place and width, and nothing behind it", "[canonical]") {
  const float nan = std::bit_cast<float>(0xffc00123u);
  for (const std::size_t n : {1u, 15u, 16u, 17u, 40u})
    for (std::size_t place = 0; place < n; ++place) {
      std::vector<float> row(n + 1, 1);
      row[place] = row[n] = nan;
      seqpool::detail::make_canonical(row.data(), static_cast<Index>(n));
      for (std::size_t i = 0; i <= n; ++i)
        CHECK(std::bit_cast<std::uint32_t>(row[i]) == (i == place ? 0x7fc00000u
                                                       : i == n   ? 0xffc00123u
                                                                  : std::bit_cast<std::uint32_t>(1.0f)));
    }
}

using seqpool::Index;
using seqpool::detail::larger;
using seqpool::detail::smaller;

TEST_CASE("a NaN wins on either side, and of equals the held one stays", "[extremum]") {
  CHECK(larger(1.0f, 2.0f) == 2);
  CHECK(larger(2.0f, 1.0f) == 2);
  CHECK(smaller(1.0f, 2.0f) == 1);
  CHECK(smaller(2.0f, 1.0f) == 1);
  CHECK(std::isnan(larger(NAN, 1.0f)));
  CHECK(std::isnan(larger(1.0f, NAN)));
  CHECK(std::isnan(smaller(NAN, 1.0f)));
  CHECK(std::isnan(smaller(1.0f, NAN)));
  CHECK(std::signbit(larger(-0.0f, 0.0f)));
  CHECK_FALSE(std::signbit(smaller(0.0f, -0.0f)));
}

TEST_CASE("what was held is equal to it or a NaN, and slopes have the sign of the number", "[extremum]") {
  using seqpool::detail::abs_slope;
  using seqpool::detail::is_held;
  CHECK(is_held(2.0f, 2.0f));
  CHECK_FALSE(is_held(1.0f, 2.0f));
  CHECK_FALSE(is_held(1.0f, NAN));
  CHECK(is_held(NAN, NAN));
  CHECK(seqpool::detail::whole_slope(-2.0f, 3.0f) == 3);
  CHECK(abs_slope(2.0f, 3.0f) == 3);
  CHECK(abs_slope(-2.0f, 3.0f) == -3);
  CHECK(abs_slope(0.0f, 3.0f) == 0);
  CHECK(std::isnan(abs_slope(NAN, 3.0f)));
}

TEST_CASE("the largest size is found at any place, whatever its sign, and a NaN is passed over", "[extremum]") {
  for (const Index n : {1, 2, 15, 16, 17, 32, 50})
    for (Index at = 0; at < n; ++at)
      for (const float value : {-3.0f, 3.0f}) {
        std::vector<float> x(static_cast<std::size_t>(n), 1.0f);
        x[static_cast<std::size_t>(at)] = value;
        CHECK(seqpool::detail::largest_size(x.data(), n) == 3);
        x[static_cast<std::size_t>(n - 1 - at)] = NAN;
        CHECK(seqpool::detail::largest_size(x.data(), n) == (n - 1 == 2 * at ? (n == 1 ? 0 : 1) : 3));
      }
  CHECK(seqpool::detail::largest_size<float>(nullptr, 0) == 0);
}
