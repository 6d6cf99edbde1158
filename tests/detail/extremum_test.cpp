// SPDX-License-Identifier: MIT
#include <seqpool/detail/extremum.hpp>

#include <cmath>

#include "support/catch.hpp"

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
