// SPDX-License-Identifier: MIT
#include <seqpool/detail/bits.hpp>

#include <Eigen/Core>

#include "support/catch.hpp"

TEST_CASE("the bits of a half are those that it was made of", "[bits]") {
  CHECK(seqpool::detail::bits_of(std::uint16_t{0xfc01}) == 0xfc01u);
  CHECK(seqpool::detail::bits_of(Eigen::half(-2.0f).x) == 0xc000u);
  CHECK(seqpool::detail::bits_of(Eigen::bfloat16(-2.0f).value) == 0xc000u);
}
