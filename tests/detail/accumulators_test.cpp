// SPDX-License-Identifier: MIT
#include <seqpool/detail/accumulators.hpp>

#include <cstdint>

#include "support/catch.hpp"

TEST_CASE("accumulators start on a cache line, at any size", "[accumulators]") {
  for (const std::size_t n : {1u, 3u, 32u, 385u}) {
    const seqpool::Accumulators<float> row(n, 1.0f);
    CHECK(reinterpret_cast<std::uintptr_t>(row.data()) % 64 == 0);
    CHECK(row.size() == n);
    CHECK(row[n - 1] == 1.0f);
  }
}
