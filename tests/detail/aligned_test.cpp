// SPDX-License-Identifier: MIT
#include <seqpool/detail/aligned.hpp>

#include <cstdint>

#include "support/catch.hpp"
#include "support/scalars.hpp"

TEMPLATE_TEST_CASE("an aligned vector starts on a cache line", "[aligned]", SEQPOOL_TEST_REALS) {
  for (const std::size_t n : {1u, 3u, 17u, 1000u}) {
    const seqpool::detail::AlignedVector<TestType> vector(n, TestType(2));
    CHECK(reinterpret_cast<std::uintptr_t>(vector.data()) % 64 == 0);
    CHECK(vector[n - 1] == 2);
  }
}

TEST_CASE("scratch stays where it is: a copy has none, and an assignment leaves what is there", "[aligned]") {
  seqpool::detail::Scratch<float> scratch, other;
  float* const room = scratch.of(40);
  CHECK(scratch.of(7) == room);
  room[3] = 5;
  const float* const others = other.of(40);
  scratch = other;
  CHECK((scratch.of(40) == room && other.of(40) == others && room[3] == 5));
  seqpool::detail::Scratch<float> copy(scratch);
  CHECK(copy.of(40) != room);
}
