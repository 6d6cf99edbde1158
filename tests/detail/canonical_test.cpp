// SPDX-License-Identifier: MIT
#include <seqpool/detail/canonical.hpp>

#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/catch.hpp"

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
