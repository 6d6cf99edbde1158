// SPDX-License-Identifier: MIT
// That every token is taken once, in order, is in fold/features_test.cpp; here are the accumulators of passes.
#include <seqpool/detail/fold_pass.hpp>

#include <cstddef>
#include <seqpool/fold/token_block.hpp>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using seqpool::Index;

TEST_CASE("passes take whole tiles of tokens only, into any number of accumulators, at every width", "[fold_pass]") {
  for (const Index hidden : {1, 16, 31, 33}) {
    std::vector<float> x;
    for (Index i = 0; i < 18 * hidden; ++i) x.push_back(static_cast<float>(i / hidden));
    const seqpool::TokenBlock<float> tokens(x.data(), 18, hidden, hidden);
    const auto size = static_cast<std::size_t>(hidden);
    std::vector<float> sum(size + 1, 100), largest(size + 1, 100), count(size + 1, 100);
    const Index end = seqpool::detail::fold_passes(
        tokens, 1, [](Index i) { return static_cast<float>(i); },
        [](float value, float token, float& a, float& b, float& c) {
          a += value;
          b = token > b ? token : b;
          c += 1;
        },
        std::make_index_sequence<8>(), sum.data(), largest.data(), count.data());
    CHECK(end == 1 + 2 * 8);  // and the last token is left
    for (std::size_t h = 0; h < size; ++h) {
      CHECK(sum[h] == 100 + 16 * 17 / 2);
      CHECK(largest[h] == 100);
      CHECK(count[h] == 116);
    }
    CHECK(sum.back() == 100);
    CHECK(count.back() == 100);
    CHECK(seqpool::detail::fold_passes(
              tokens, 11, [](Index) { return nullptr; }, [](float, std::nullptr_t, float& a) { a = 0; },
              std::make_index_sequence<8>(), sum.data()) == 11);
    CHECK(sum[0] != 0);
  }
}
