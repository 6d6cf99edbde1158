// SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <seqpool/scalar.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "support/catch.hpp"

TEST_CASE("accumulator_t is double for double and float for all others", "[scalar]") {
  STATIC_REQUIRE(std::is_same_v<seqpool::accumulator_t<float>, float>);
  STATIC_REQUIRE(std::is_same_v<seqpool::accumulator_t<double>, double>);
  STATIC_REQUIRE(std::is_same_v<seqpool::accumulator_t<Eigen::half>, float>);
  STATIC_REQUIRE(std::is_same_v<seqpool::accumulator_t<Eigen::bfloat16>, float>);
  STATIC_REQUIRE(!seqpool::Scalar<int>);
  STATIC_REQUIRE(!seqpool::Scalar<const float>);
}

TEST_CASE("widen is exact for every half and every bfloat16", "[scalar]") {
  for (std::uint32_t bits = 0; bits < 0x10000u; ++bits) {
    const auto half = std::bit_cast<Eigen::half>(static_cast<std::uint16_t>(bits));
    const auto brain = std::bit_cast<Eigen::bfloat16>(static_cast<std::uint16_t>(bits));
    // By definition, in double: (-1)^s 2^(e - bias) 1.m, subnormals without the 1.
    const auto value = [bits](int exponent_bits, int mantissa_bits, int bias) {
      const int exponent = static_cast<int>(bits >> mantissa_bits) & ((1 << exponent_bits) - 1);
      const double mantissa = std::ldexp(bits & ((1u << mantissa_bits) - 1u), -mantissa_bits);
      const double sign = (bits & 0x8000u) != 0 ? -1 : 1;
      if (exponent == (1 << exponent_bits) - 1) return mantissa == 0 ? sign * double(INFINITY) : double(NAN);
      return sign * (exponent == 0 ? std::ldexp(mantissa, 1 - bias) : std::ldexp(1 + mantissa, exponent - bias));
    };
    for (const auto& [widened, exact] : {std::pair(static_cast<double>(seqpool::widen(half)), value(5, 10, 15)),
                                         std::pair(static_cast<double>(seqpool::widen(brain)), value(8, 7, 127))}) {
      if (std::isnan(exact) ? !std::isnan(widened) : widened != exact || std::signbit(widened) != std::signbit(exact))
        FAIL("bits " << bits << ": " << widened << " is not " << exact);
    }
  }
}

TEST_CASE("the bits of a half are those that it was made of", "[bits]") {
  CHECK(seqpool::detail::bits_of(std::uint16_t{0xfc01}) == 0xfc01u);
  CHECK(seqpool::detail::bits_of(Eigen::half(-2.0f).x) == 0xc000u);
  CHECK(seqpool::detail::bits_of(Eigen::bfloat16(-2.0f).value) == 0xc000u);
}
