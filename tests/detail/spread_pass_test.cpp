// SPDX-License-Identifier: MIT
#include <seqpool/detail/spread_pass.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <seqpool/fold/token_block.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

using seqpool::Index;

TEMPLATE_TEST_CASE("every feature of every token is written or added to, whatever their number", "[gradient]",
                   SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  for (const Index n : {0, 1, 3, 4, 5, 8, 11})
    for (const Index hidden : {0, 1, 15, 16, 17, 32, 33, 70}) {
      const auto x = test::Random(1).values<TestType>(n * hidden);
      const auto factor = test::Random(2).values<A>(hidden);
      const seqpool::TokenBlock<TestType> tokens(x.data(), n, hidden, hidden);
      std::vector<A> d(static_cast<std::size_t>(n * (hidden + 1) + 1), A(7)), seen(static_cast<std::size_t>(hidden));
      const auto target = [&](Index i) { return d.data() + i * (hidden + 1); };
      const auto each = [](Index i) { return static_cast<A>(i); };
      const auto op = [](A feature, A token, A by, A& count) {
        count += 1;
        return feature * by + token;
      };
      for (const bool adds : {false, true}) {
        seqpool::detail::spread_features(tokens, target, adds, each, op, factor.data(), seen.data());
        bool right = true;
        for (Index i = 0; i < n; ++i) {
          for (Index h = 0; h < hidden; ++h) {
            const auto f = static_cast<std::size_t>(h);
            const A once = seqpool::widen(x[static_cast<std::size_t>(i * hidden + h)]) * factor[f] + static_cast<A>(i);
            right = right && std::abs(target(i)[h] - (adds ? 2 : 1) * once) <= A(1e-5) * (1 + std::abs(once));
          }
          right = right && target(i)[hidden] == 7;  // nothing behind a token
        }
        CHECK(right);
        CHECK(seen == std::vector<A>(seen.size(), static_cast<A>((adds ? 2 : 1) * n)));
      }
    }
}

TEST_CASE("memory that was never written may hold anything", "[gradient]") {
  const std::vector<float> x(40, 1.f);
  std::vector<float> d(40, std::numeric_limits<float>::quiet_NaN());
  const seqpool::TokenBlock<float> tokens(x.data(), 2, 20, 20);
  seqpool::detail::spread_features(
      tokens, [&](Index i) { return d.data() + i * 20; }, false, [](Index) { return nullptr; },
      [](float feature, std::nullptr_t) { return feature; });
  CHECK(d == x);
}
