// SPDX-License-Identifier: MIT
#include <seqpool/detail/dot.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

TEMPLATE_TEST_CASE("dot is within its bound, and its bits do not depend on addresses", "[dot]", SEQPOOL_TEST_SCALARS) {
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
    CHECK(std::abs(static_cast<double>(result) - exact) <= (static_cast<double>(n) / 8 + 34) * eps * size);

    for (std::size_t offset = 1; offset < 16; offset += 3) {
      std::vector<A> moved_a(offset);
      moved_a.insert(moved_a.end(), a.begin(), a.end());
      std::vector<TestType> moved_b(17 - offset);
      moved_b.insert(moved_b.end(), b.begin(), b.end());
      CHECK(seqpool::detail::dot(moved_a.data() + offset, moved_b.data() + (17 - offset), n) == result);
    }
  }
}

TEMPLATE_TEST_CASE("dots are the dots of each row, whichever stands beside it", "[dot]", SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  for (const seqpool::Index n : {0, 1, 15, 16, 31, 32, 33, 130, 1000}) {
    test::Random random(static_cast<std::uint64_t>(n) + 2);
    const auto a = random.values<A>(n);
    std::array<std::vector<TestType>, 8> rows;
    for (auto& row : rows) row = random.values<TestType>(n);
    std::array<const TestType*, 8> x;
    for (std::size_t k = 0; k < 8; ++k) x[k] = rows[k].data();
    const auto dots = [&](seqpool::Index ahead) {
      return seqpool::detail::dots(a.data(), n, ahead, x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]);
    };
    const std::array<A, 8> result = dots(0);
    CHECK(dots(n) == result);
    for (std::size_t k = 0; k < 8; ++k) {
      double exact = 0;
      double size = 0;
      for (std::size_t h = 0; h < a.size(); ++h) {
        const double product = static_cast<double>(a[h]) * static_cast<double>(seqpool::widen(rows[k][h]));
        exact += product;
        size += std::abs(product);
      }
      const double eps = static_cast<double>(std::numeric_limits<A>::epsilon());
      CHECK(std::abs(static_cast<double>(result[k]) - exact) <= (static_cast<double>(n) / 8 + 34) * eps * size);
    }
    std::swap(x[0], x[7]);
    x[3] = x[1];
    const std::array<A, 8> moved = dots(0);
    CHECK(moved[0] == result[7]);
    CHECK(moved[7] == result[0]);
    CHECK(moved[3] == result[1]);
    CHECK(moved[5] == result[5]);
  }
}

TEMPLATE_TEST_CASE("dots from an origin lose nothing to an offset of all x", "[dot]", SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  for (const seqpool::Index n : {0, 1, 15, 16, 31, 32, 33, 130})
    for (const A offset : {A(0), A(1000)}) {
      test::Random random(static_cast<std::uint64_t>(n) + 3);
      const auto a = random.values<A>(n);
      std::array<std::vector<TestType>, 8> rows;
      std::array<const TestType*, 8> x;
      for (std::size_t k = 0; k < 8; ++k) {
        rows[k] = random.values<TestType>(n, static_cast<double>(offset) - 1, static_cast<double>(offset) + 1);
        x[k] = rows[k].data();
      }
      const std::vector<A> origin =
          random.values<A>(n, static_cast<double>(offset) - 1, static_cast<double>(offset) + 1);
      const auto dots =
          seqpool::detail::dots_from(a.data(), origin.data(), n, 0, x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]);
      for (std::size_t k = 0; k < 8; ++k) {
        double exact = 0;
        double size = 0;
        for (std::size_t h = 0; h < a.size(); ++h) {
          const A apart = seqpool::widen(rows[k][h]) - origin[h];  // exact, as the two are near each other
          const double product = static_cast<double>(a[h]) * static_cast<double>(apart);
          exact += product;
          size += std::abs(product);
        }
        const double bound = (static_cast<double>(n) / 8 + 34) * static_cast<double>(std::numeric_limits<A>::epsilon());
        CHECK(std::abs(static_cast<double>(dots[k]) - exact) <= bound * size);
        const A alone = seqpool::detail::dots_from(a.data(), origin.data(), n, 0, x[k])[0];
        CHECK(std::abs(static_cast<double>(alone) - exact) <= bound * size);
      }
    }
}
