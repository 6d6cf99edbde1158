// SPDX-License-Identifier: MIT
#include <seqpool/detail/dot.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"

TEMPLATE_TEST_CASE("dot is within its bound, and its bits do not depend on addresses", "[dot]", float, double,
                   Eigen::half, Eigen::bfloat16) {
  using A = seqpool::accumulator_t<TestType>;
  for (const seqpool::Index n : {0, 1, 31, 32, 33, 64, 130, 1000}) {
    test::Random random(static_cast<std::uint64_t>(n) + 1);
    const auto a = random.values<A>(n);
    const auto b = random.values<TestType>(n);
    double exact = 0;
    double size = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double product = static_cast<double>(a[i]) * static_cast<double>(seqpool::widen(b[i]));
      exact += product;
      size += std::abs(product);
    }
    const A result = seqpool::detail::dot(a.data(), b.data(), n);
    const double eps = static_cast<double>(std::numeric_limits<A>::epsilon());
    CHECK(std::abs(static_cast<double>(result) - exact) <= (static_cast<double>(n) / 32 + 6) * eps * size);

    for (std::size_t offset = 1; offset < 16; offset += 3) {
      std::vector<A> moved_a(offset);
      moved_a.insert(moved_a.end(), a.begin(), a.end());
      std::vector<TestType> moved_b(17 - offset);
      moved_b.insert(moved_b.end(), b.begin(), b.end());
      CHECK(seqpool::detail::dot(moved_a.data() + offset, moved_b.data() + (17 - offset), n) == result);
    }
  }
}
