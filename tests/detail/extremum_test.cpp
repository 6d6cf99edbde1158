// SPDX-License-Identifier: MIT
#include <seqpool/detail/extremum.hpp>

#include <cmath>
#include <vector>

#include "support/catch.hpp"

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
