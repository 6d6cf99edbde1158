// SPDX-License-Identifier: MIT
// That every token is taken once, in order, is in fold/features_test.cpp; here are the accumulators of one pass.
#include <seqpool/detail/fold_pass.hpp>

#include <seqpool/fold/token_block.hpp>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using seqpool::Index;

TEST_CASE("a pass takes its own tokens only, into any number of accumulators, at every width", "[fold_pass]") {
  for (const Index hidden : {1, 16, 31, 33}) {
    std::vector<float> x;
    for (Index i = 0; i < 10 * hidden; ++i) x.push_back(static_cast<float>(i / hidden));
    const seqpool::TokenBlock<float> tokens(x.data(), 10, hidden, hidden);
    const auto size = static_cast<std::size_t>(hidden);
    std::vector<float> sum(size + 1, 100), largest(size + 1, 100), count(size + 1, 100);
    seqpool::detail::fold_pass(
        tokens, 1, [](Index i) { return static_cast<float>(i); },
        [](float value, float token, float& a, float& b, float& c) {
          a += value;
          b = token > b ? token : b;
          c += 1;
        },
        std::make_index_sequence<8>(), sum.data(), largest.data(), count.data());
    for (std::size_t h = 0; h < size; ++h) {
      CHECK(sum[h] == 100 + 1 + 2 + 3 + 4 + 5 + 6 + 7 + 8);
      CHECK(largest[h] == 100);
      CHECK(count[h] == 108);
    }
    CHECK(sum.back() == 100);
    CHECK(count.back() == 100);
  }
}
