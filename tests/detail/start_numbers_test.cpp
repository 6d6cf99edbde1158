// SPDX-License-Identifier: MIT
#include <seqpool/detail/start_numbers.hpp>

#include <algorithm>
#include <cmath>

#include "support/catch.hpp"

using seqpool::detail::start_numbers;

TEST_CASE("start numbers are nearly normal, with a standard deviation of 0.01", "[start_numbers]") {
  const auto numbers = start_numbers(100000, 1);
  double sum = 0, squares = 0;
  for (const double x : numbers) {
    sum += x;
    squares += x * x;
  }
  // Five standard errors of the mean and of the variance.
  CHECK(std::abs(sum / 1e5) <= 5 * 0.01 / std::sqrt(1e5));
  CHECK(std::abs(squares / 1e5 / 1e-4 - 1) <= 5 * std::sqrt(2 / 1e5));
  const auto within = std::count_if(numbers.begin(), numbers.end(), [](double x) { return std::abs(x) < 0.01; });
  CHECK(std::abs(static_cast<double>(within) / 1e5 - 0.683) <= 0.03);
  CHECK(*std::max_element(numbers.begin(), numbers.end()) < 0.0347);
}

TEST_CASE("a seed gives the same start numbers everywhere, and another one others", "[start_numbers]") {
  const auto numbers = start_numbers(1000, 5);
  CHECK(numbers == start_numbers(1000, 5));
  const auto others = start_numbers(1000, 6);
  CHECK(std::mismatch(numbers.begin(), numbers.end(), others.begin()).first == numbers.begin());
  const auto first = start_numbers(2, 0);
  // SplitMix64 of 0: 0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4.
  CHECK(first[0] == (0xe220 + 0xa839 + 0x7b1d + 0xcdaf - 131070) / 3783722.7);
  CHECK(first[1] == (0x6e78 + 0x9e6a + 0xa1b9 + 0x65f4 - 131070) / 3783722.7);
}
