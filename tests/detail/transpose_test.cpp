// SPDX-License-Identifier: MIT
#include <seqpool/detail/transpose.hpp>

#include <array>
#include <vector>

#include "support/catch.hpp"
#include "support/scalars.hpp"

namespace detail = seqpool::detail;

TEMPLATE_TEST_CASE("every element of a square goes to its place, where there is a target", "[transpose]",
                   SEQPOOL_TEST_SCALARS) {
  constexpr std::size_t n = detail::line_elements<TestType>;
  STATIC_REQUIRE(n * sizeof(TestType) == 64);
  detail::LineSquare<TestType> lines;
  for (std::size_t f = 0; f < n; ++f)
    for (std::size_t i = 0; i < n; ++i) lines[f][i] = static_cast<TestType>(static_cast<float>((f * 7 + i * 3) % 127));
  for (const std::size_t left_out : {n, std::size_t{0}, std::size_t{3}, n - 1}) {
    std::vector<std::array<TestType, n + 1>> out(n);
    for (auto& row : out) row.fill(static_cast<TestType>(-1.0f));
    std::array<TestType*, n> targets;
    for (std::size_t i = 0; i < n; ++i) targets[i] = i == left_out ? nullptr : out[i].data();
    detail::transpose(lines, targets.data());
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t f = 0; f < n; ++f)
        CHECK(out[i][f] == (i == left_out ? static_cast<TestType>(-1.0f) : lines[f][i]));
      CHECK(out[i][n] == static_cast<TestType>(-1.0f));
    }
  }
}
