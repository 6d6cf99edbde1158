// SPDX-License-Identifier: MIT
#include <seqpool/detail/four_heads.hpp>

#include <cmath>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

using seqpool::Index;
namespace detail = seqpool::detail;

namespace {

constexpr Index whole_tile = detail::tile_tokens;

constexpr double wide(double x) { return x; }
constexpr double wide(float x) { return static_cast<double>(x); }

}  // namespace

TEMPLATE_TEST_CASE("four queries score each token of a tile within the bound", "[four_heads]", SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  constexpr double eps = wide(std::numeric_limits<A>::epsilon());
  for (const Index hidden : {1, 15, 16, 33, 64, 131}) {
    const auto x = test::Random(1).values<TestType>(whole_tile * (hidden + 3));
    const auto queries = test::Random(2).values<A>(4 * hidden);
    std::vector<A> whole(4 * whole_tile);
    for (const Index n : {8, 1, 2, 3, 7}) {
      const seqpool::TokenBlock<TestType> tokens(x.data() + 1, n, hidden, hidden + 2);
      std::vector<A> scores(4 * whole_tile, A(-9));
      detail::score_by_four(tokens, queries.data(), 0, scores.data());
      if (n == whole_tile) whole = scores;
      for (Index q = 0; q < 4; ++q)
        for (Index i = 0; i < n; ++i) {
          double sum = 0;
          double size = 0;
          for (Index h = 0; h < hidden; ++h) {
            const double product =
                wide(queries[static_cast<std::size_t>(q * hidden + h)]) * wide(seqpool::widen(tokens[i][h]));
            sum += product;
            size += std::abs(product);
          }
          const A score = scores[static_cast<std::size_t>(q * whole_tile + i)];
          REQUIRE(std::abs(wide(score) - sum) <= (static_cast<double>(hidden) / 4 + 34) * eps * size);
        }
      for (Index q = 0; q < 4; ++q)  // of tokens that are not there nothing is written
        for (Index i = n; i < whole_tile; ++i) REQUIRE(scores[static_cast<std::size_t>(q * whole_tile + i)] == A(-9));
    }
  }
}

TEMPLATE_TEST_CASE("a tile is added to four sums, its tokens in order", "[four_heads]", SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  for (const Index hidden : {1, 15, 16, 33, 64, 131}) {
    // Numbers of few bits, so that every product and sum is exact.
    std::vector<TestType> x;
    for (Index i = 0; i < whole_tile * hidden; ++i) x.push_back(static_cast<TestType>(static_cast<float>(i % 13 - 6)));
    std::vector<A> weights;
    for (Index i = 0; i < 4 * whole_tile; ++i) weights.push_back(static_cast<A>(i % 7 - 3));
    std::vector<A> sums(static_cast<std::size_t>(4 * hidden), A(100));
    const seqpool::TokenBlock<TestType> tokens(x.data(), whole_tile, hidden, hidden);
    detail::add_to_four(tokens, weights.data(), sums.data(), std::make_index_sequence<std::size_t{whole_tile}>());
    for (Index q = 0; q < 4; ++q)
      for (Index h = 0; h < hidden; ++h) {
        A expected = 100;
        for (Index i = 0; i < whole_tile; ++i)
          expected += weights[static_cast<std::size_t>(q * whole_tile + i)] * seqpool::widen(tokens[i][h]);
        REQUIRE(sums[static_cast<std::size_t>(q * hidden + h)] == expected);
      }
  }
}

TEMPLATE_TEST_CASE("the dots of a tile from an origin are those of its tokens, and none beyond", "[four_heads]",
                   SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  for (const Index hidden : {1, 16, 33}) {
    const auto x = test::Random(1).values<TestType>(whole_tile * hidden);
    const auto a = test::Random(2).values<A>(hidden), origin = test::Random(3).values<A>(hidden);
    for (const Index n : {8, 1, 2, 7}) {
      std::vector<A> out(whole_tile, A(-9));
      detail::dots_from_tile(seqpool::TokenBlock<TestType>(x.data(), n, hidden, hidden), a.data(), origin.data(),
                             out.data());
      for (Index i = 0; i < whole_tile; ++i) {
        double sum = 0;
        for (Index h = 0; h < hidden; ++h) {
          const auto at = static_cast<std::size_t>(h);
          sum += wide(a[at]) * wide(seqpool::widen(x[static_cast<std::size_t>(i * hidden + h)]) - origin[at]);
        }
        // Numbers of -1 to 1, so that hidden * 2 is what the products add up to at most.
        const double bound = 34 * 2 * static_cast<double>(hidden) * wide(std::numeric_limits<A>::epsilon());
        REQUIRE(std::abs(wide(out[static_cast<std::size_t>(i)]) - (i < n ? sum : -9)) <= bound);
      }
    }
  }
}
