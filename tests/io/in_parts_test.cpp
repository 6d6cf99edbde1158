// SPDX-License-Identifier: MIT
#include <seqpool/io/in_parts.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "support/catch.hpp"

TEST_CASE("parts follow each other to the end, and each is an int of bytes", "[in_parts]") {
  constexpr std::uint64_t gib = std::uint64_t{1} << 30;
  for (const std::uint64_t size :
       {std::uint64_t{0}, std::uint64_t{7}, gib, gib + 1, 4 * gib - 1, 4 * gib, 9 * gib + 8}) {
    if (!std::in_range<std::size_t>(size)) continue;
    std::size_t end = 0, parts = 0;
    seqpool::io::detail::in_parts(static_cast<std::size_t>(size), [&](std::size_t first, std::size_t count) {
      REQUIRE(first == end);
      REQUIRE(count > 0);
      REQUIRE(std::in_range<int>(count));
      end += count;
      ++parts;
    });
    CHECK(end == size);
    CHECK(parts == (size + gib - 1) / gib);
  }
}
