// SPDX-License-Identifier: MIT
#include <seqpool/fold/features.hpp>

#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/scalars.hpp"

using seqpool::Index;
using seqpool::TokenBlock;

TEST_CASE("fold_features takes every token once, in order, with what belongs to it", "[features]") {
  for (const Index hidden : {1, 15, 16, 17, 130})
    for (Index n = 0; n < 19; ++n) {
      std::vector<double> states;
      for (Index i = 0; i < n * hidden; ++i) states.push_back(static_cast<double>(1 + i / hidden + i % hidden));
      for (const bool prefetch : {false, true}) {
        // A fold that any other order or a token left out would change, exact in double; and a second accumulator.
        std::vector<double> acc(static_cast<std::size_t>(hidden), 1);
        std::vector<double> sum(static_cast<std::size_t>(hidden), 5);
        std::vector<Index> asked;
        const TokenBlock<double> tokens(states.data(), n, hidden, hidden,
                                        seqpool::detail::TokenSource<double>{.prefetch = prefetch});
        seqpool::fold_features(
            tokens,
            [&asked](Index i) {
              asked.push_back(i);
              return i;
            },
            [](double x, Index i, double& held, double& all) {
              held = 3 * held + x * static_cast<double>(i + 1);
              all += x;
            },
            acc.data(), sum.data());
        for (Index h = 0; h < hidden; ++h) {
          double expected = 1;
          double expected_sum = 5;
          for (Index i = 0; i < n; ++i) {
            expected = 3 * expected + static_cast<double>((1 + i + h) * (i + 1));
            expected_sum += static_cast<double>(1 + i + h);
          }
          CHECK(acc[static_cast<std::size_t>(h)] == expected);
          CHECK(sum[static_cast<std::size_t>(h)] == expected_sum);
        }
        REQUIRE(asked.size() == static_cast<std::size_t>(n));  // once for each token, in order
        for (std::size_t i = 0; i < asked.size(); ++i) CHECK(asked[i] == static_cast<Index>(i));
      }
    }
}

TEMPLATE_TEST_CASE("a feature state is set to one token, at every width, whatever it held", "[features]",
                   SEQPOOL_TEST_SCALARS) {
  seqpool::FeatureState<TestType> state;
  for (const Index hidden : {1, 33, 512, 513, 1024, 1025, 16}) {  // within the room of an Accumulators, and beyond it
    std::vector<TestType> token(static_cast<std::size_t>(hidden + 1), static_cast<TestType>(99));
    for (Index h = 0; h < hidden; ++h) token[static_cast<std::size_t>(h)] = static_cast<TestType>(h % 64 - 32);
    state.start(hidden);
    CHECK(state.count == 0);
    state.set(token.data());
    state.set(token.data());
    CHECK(state.count == 0);  // the pooling counts
    REQUIRE(state.values.size() == static_cast<std::size_t>(hidden));
    for (Index h = 0; h < hidden; ++h)
      CHECK(state.values[static_cast<std::size_t>(h)] == seqpool::widen(token[static_cast<std::size_t>(h)]));
  }
}

TEST_CASE("a feature state starts, folds, merges, and counts", "[features]") {
  for (const Index hidden : {1, 16, 17, 130}) {
    const std::vector<float> x(static_cast<std::size_t>(9 * hidden), 2);
    const auto op = [](float held, float value) { return 3 * held + value; };
    seqpool::FeatureState<float> state;
    state.start(hidden, 1);
    CHECK(state.divisor() == 1);
    state.fold(TokenBlock<float>(x.data(), 2, hidden, hidden), op);
    CHECK(state.count == 2);
    CHECK(state.divisor() == 2);
    for (const float value : state.values) CHECK(value == 17);  // 3 * (3 * 1 + 2) + 2
    seqpool::FeatureState<float> next;
    next.start(hidden, 0);
    next.fold(TokenBlock<float>(x.data(), 1, hidden, hidden), op);
    state.merge(next, op);
    CHECK(state.count == 3);
    for (const float value : state.values) CHECK(value == 53);  // 3 * 17 + 2
    state.start(hidden, 4);
    CHECK(state.count == 0);
    CHECK(state.values.size() == static_cast<std::size_t>(hidden));
    CHECK(state.values[0] == 4);
  }
}

TEST_CASE("a const accumulator is read, of every width", "[features]") {
  for (const Index hidden : {1, 16, 37}) {
    const std::vector<float> states(static_cast<std::size_t>(11 * hidden), 1);
    std::vector<float> sum(static_cast<std::size_t>(hidden), 0);
    std::vector<float> weights;
    for (Index h = 0; h < hidden; ++h) weights.push_back(static_cast<float>(h));
    const std::vector<float>& read = weights;
    seqpool::fold_features(
        TokenBlock<float>(states.data(), 11, hidden, hidden), [](Index) { return 0; },
        [](float x, int, float& held, const float& weight) { held += weight * x; }, sum.data(), read.data());
    for (Index h = 0; h < hidden; ++h)
      CHECK(sum[static_cast<std::size_t>(h)] == 11 * weights[static_cast<std::size_t>(h)]);
  }
}
