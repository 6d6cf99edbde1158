// SPDX-License-Identifier: MIT
#include <seqpool/detail/aligned.hpp>

#include <cstdint>

#include "support/catch.hpp"

TEMPLATE_TEST_CASE("an aligned vector starts on a cache line", "[aligned]", float, double) {
  for (const std::size_t n : {1u, 3u, 17u, 1000u}) {
    const seqpool::detail::AlignedVector<TestType> vector(n, TestType(2));
    CHECK(reinterpret_cast<std::uintptr_t>(vector.data()) % 64 == 0);
    CHECK(vector[n - 1] == 2);
  }
}
