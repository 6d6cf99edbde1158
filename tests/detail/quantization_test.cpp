// SPDX-License-Identifier: MIT
#include <seqpool/detail/quantization.hpp>

#include <array>
#include <cstdint>
#include <limits>

#include "support/catch.hpp"

namespace detail = seqpool::detail;

TEST_CASE("a chunk of numbers becomes bytes, and says whether one is NaN", "[quantization]") {
  constexpr std::size_t n = detail::bytes_at_a_time;
  std::array<float, n> x, least, step;
  std::array<std::int8_t, n> bytes;
  least.fill(1);
  step.fill(0.5f);
  for (std::size_t j = 0; j < n; ++j) x[j] = static_cast<float>(j) * 0.25f;
  CHECK(detail::quantize_group(x.data(), least.data(), step.data(), bytes.data()));
  CHECK((bytes[0] == -128 && bytes[4] == -128 && bytes[5] == -128 && bytes[6] == -127 && bytes[31] == -115));
  for (const std::size_t j : {std::size_t{0}, n - 1}) {
    auto with_nan = x;
    with_nan[j] = std::numeric_limits<float>::quiet_NaN();
    CHECK_FALSE(detail::quantize_group(with_nan.data(), least.data(), step.data(), bytes.data()));
  }
}

TEST_CASE("each number of a chunk has its own bit", "[quantization]") {
  constexpr std::size_t n = detail::bits_at_a_time;
  for (std::size_t one = 0; one < n; ++one) {
    std::array<float, n> x{};
    x[one] = 1;
    std::array<std::uint8_t, n / 8> bytes;
    detail::pack_group(x.data(), bytes.data());
    for (std::size_t byte = 0; byte < n / 8; ++byte) CHECK(bytes[byte] == (one / 8 == byte ? 128 >> one % 8 : 0));
  }
}
