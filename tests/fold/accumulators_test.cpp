// SPDX-License-Identifier: MIT
#include <seqpool/fold/accumulators.hpp>

#include <algorithm>
#include <cstdint>
#include <seqpool/seqpool.hpp>
#include <utility>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/scalars.hpp"

TEMPLATE_TEST_CASE("accumulators start on a cache line and hold their value, at any size", "[accumulators]",
                   SEQPOOL_TEST_REALS) {
  for (const std::size_t n : {0u, 1u, 3u, 32u, 512u, 513u, 1024u, 1025u}) {
    const seqpool::Accumulators<TestType> row(n, 1.5);
    CHECK(reinterpret_cast<std::uintptr_t>(row.data()) % 64 == 0);
    CHECK(row.size() == n);
    CHECK(static_cast<std::size_t>(std::count(row.begin(), row.end(), TestType(1.5))) == n);
  }
}

TEST_CASE("accumulators may be assigned again, larger and smaller, and copied", "[accumulators]") {
  seqpool::Accumulators<float> row(3, 1);
  for (const std::size_t n : {2000u, 5u, 1025u, 1024u}) {
    row.assign(n, static_cast<float>(n));
    const seqpool::Accumulators<float> copy = row;
    CHECK(copy.size() == n);
    CHECK(copy[0] == static_cast<float>(n));
    CHECK(copy[n - 1] == static_cast<float>(n));
  }
  CHECK(seqpool::Accumulators<float>().size() == 0);
}

TEST_CASE("up to 4096 bytes of accumulators allocate nothing", "[accumulators]") {
  const test::AllocationCount count;
  const seqpool::Accumulators<float> floats(1024, 1);
  const seqpool::Accumulators<double> doubles(512, 1);
  CHECK(count.so_far() == 0);
  const seqpool::Accumulators<float> more(1025, 1);
  CHECK(count.so_far() == 1);
}

TEST_CASE("a row of usual width is pooled without an allocation", "[accumulators][pool]") {
  const std::vector<float> states(2 * 3 * 1024);
  Eigen::Tensor<float, 2, Eigen::RowMajor> out(2, 1024);
  const seqpool::HiddenStates<float> x(states.data(), {2, 3, 1024});
  const test::AllocationCount count;
  seqpool::pool_into(out, seqpool::Mean{}, x);
  seqpool::pool_into(out, seqpool::Max{}, x);
  seqpool::pool_into(out, seqpool::Cls{}, x);
  seqpool::pool_into(out, seqpool::Last{}, x);
  CHECK(count.so_far() == 0);
}

TEST_CASE("accumulators are moved without a copy of what is large, and leave nothing behind", "[accumulators]") {
  for (const std::size_t n : {0u, 3u, 1024u, 1025u, 5000u})
    for (const std::size_t m : {2u, 1024u, 3000u}) {
      seqpool::Accumulators<float> a(n, 1), b(m, 2);
      const float* const far = a.data();
      const test::AllocationCount count;
      std::swap(a, b);
      CHECK(count.so_far() == 0);
      CHECK(a.size() == m);
      CHECK(b.size() == n);
      CHECK(std::all_of(a.begin(), a.end(), [](float x) { return x == 2; }));
      CHECK(std::all_of(b.begin(), b.end(), [](float x) { return x == 1; }));
      if (n > 1024) CHECK(b.data() == far);
      a = std::move(b);
      CHECK(a.size() == n);
      CHECK(b.size() == 0);
      auto& itself = a;
      a = std::move(itself);
      CHECK(a.size() == n);
      b.assign(7, 3);
      CHECK(b[6] == 3);
    }
}
