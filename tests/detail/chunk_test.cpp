// SPDX-License-Identifier: MIT
#include <seqpool/detail/chunk.hpp>

#include <array>
#include <bit>
#include <cstdint>

#include "support/catch.hpp"
#include "support/scalars.hpp"

namespace detail = seqpool::detail;

TEMPLATE_TEST_CASE("a chunk is at least a cache line, and widens every value as widen does", "[chunk]",
                   SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  constexpr std::size_t features = detail::chunk_features<TestType>;
  STATIC_REQUIRE(features * sizeof(TestType) >= 64);
  // One more than the chunk, so that it is read at an odd address too.
  std::array<TestType, features + 1> x;
  for (std::size_t i = 0; i <= features; ++i) x[i] = static_cast<TestType>(static_cast<float>(i * i) - 100.5f);
  for (std::size_t offset = 0; offset < 2; ++offset) {
    const detail::WidenedChunk<TestType> chunk(x.data() + offset);
    std::array<A, features> room;
    const A* const data = chunk.data(room.data());
    for (std::size_t j = 0; j < features; ++j) {
      const A expected = seqpool::widen(x[j + offset]);
      CHECK(chunk[static_cast<seqpool::Index>(j)] == expected);
      CHECK(data[j] == expected);
    }
  }
}

TEMPLATE_TEST_CASE("a chunk widens all 65536 values of two bytes exactly, NaN and infinity included", "[chunk]",
                   Eigen::half, Eigen::bfloat16) {
  constexpr auto features = static_cast<std::uint32_t>(detail::chunk_features<TestType>);
  int wrong = 0;
  for (std::uint32_t first = 0; first < 65536; first += features) {
    std::array<TestType, features> x;
    for (std::uint32_t j = 0; j < features; ++j) x[j] = std::bit_cast<TestType>(static_cast<std::uint16_t>(first + j));
    const detail::WidenedChunk<TestType> chunk(x.data());
    for (std::uint32_t j = 0; j < features; ++j) {
      const float value = chunk[static_cast<seqpool::Index>(j)];
      const auto reference = static_cast<float>(x[j]);
      if (reference != reference ? value == value
                                 : std::bit_cast<std::uint32_t>(value) != std::bit_cast<std::uint32_t>(reference))
        ++wrong;
    }
  }
  CHECK(wrong == 0);
}
