// SPDX-License-Identifier: MIT
#include <seqpool/fold/pooling.hpp>

#include <seqpool/seqpool.hpp>
#include <vector>

#include "midrange.hpp"
#include "support/catch.hpp"

using seqpool::Index;
using seqpool::TokenBlock;

namespace {

struct WithoutMerge {
  template <class T>
  struct State {};
  Index width(Index hidden) const { return hidden; }
  void init(auto&, Index) const {}
  void fold(auto&, const auto&) const {}
  void finish(const auto&, auto) const {}
};

}  // namespace

TEST_CASE("the concept knows ours, a user's, and what is none", "[pooling]") {
  STATIC_REQUIRE(seqpool::Pooling<seqpool::Cls>);
  STATIC_REQUIRE(seqpool::Pooling<seqpool::Last, double>);
  STATIC_REQUIRE(seqpool::Pooling<seqpool::Mean, Eigen::half>);
  STATIC_REQUIRE(seqpool::Pooling<seqpool::Max, Eigen::bfloat16>);
  STATIC_REQUIRE(seqpool::Pooling<seqpool::Attention<float>>);
  STATIC_REQUIRE(seqpool::Pooling<Midrange>);
  STATIC_REQUIRE(!seqpool::Pooling<WithoutMerge>);
  STATIC_REQUIRE(!seqpool::Pooling<int>);
}

TEST_CASE("a token block is its tokens in order, and parts of it", "[pooling]") {
  const std::vector<float> a{1, 2};
  const std::vector<float> b{3, 4};
  const std::vector<float> c{5, 6};
  const std::vector<const float*> tokens{b.data(), a.data(), c.data()};
  const TokenBlock<float> block(tokens, 2);
  CHECK(block.size() == 3);
  CHECK(block.hidden() == 2);
  CHECK_FALSE(block.empty());
  CHECK(block[0] == b.data());
  CHECK(block.part(1, 2)[1] == c.data());
  CHECK(block.part(3, 0).empty());
  float sum = 0;
  for (const float* token : block) sum += token[1];
  CHECK(sum == 12);
}

TEST_CASE("fold_features takes every token once, in order, with its index", "[pooling]") {
  for (const Index hidden : {1, 15, 16, 17, 130})
    for (Index n = 0; n < 11; ++n) {
      std::vector<double> states;
      std::vector<const double*> tokens;
      for (Index i = 0; i < n * hidden; ++i) states.push_back(static_cast<double>(1 + i / hidden + i % hidden));
      for (Index i = 0; i < n; ++i) tokens.push_back(states.data() + i * hidden);
      // A fold that any other order or a token left out would change, exact in double.
      for (const bool prefetch : {false, true}) {
        std::vector<double> acc(static_cast<std::size_t>(hidden), 1);
        seqpool::fold_features(
            acc.data(),
            TokenBlock<double>(tokens, hidden,
                               prefetch ? std::span<const double* const>(tokens) : std::span<const double* const>()),
            [](double held, double x, Index i) { return 3 * held + x * static_cast<double>(i + 1); });
        for (Index h = 0; h < hidden; ++h) {
          double expected = 1;
          for (Index i = 0; i < n; ++i) expected = 3 * expected + static_cast<double>((1 + i + h) * (i + 1));
          CHECK(acc[static_cast<std::size_t>(h)] == expected);
        }
      }
    }
}

TEST_CASE("merge_features takes the other state's accumulators feature by feature", "[pooling]") {
  for (const std::size_t hidden : {1u, 16u, 17u, 130u}) {
    seqpool::Accumulators<double> acc(hidden, 1);
    seqpool::Accumulators<double> next(hidden, 0);
    for (std::size_t h = 0; h < hidden; ++h) next[h] = static_cast<double>(h);
    seqpool::merge_features(acc, next,
                            [](double held, double x, Index i) { return 3 * held + x + 100 * static_cast<double>(i); });
    for (std::size_t h = 0; h < hidden; ++h) CHECK(acc[h] == 3 + static_cast<double>(h));
  }
}

TEST_CASE("ahead is the distance to tokens of a later pass, if there is one for all", "[pooling]") {
  const std::vector<float> x(100);
  const auto at = [&](std::ptrdiff_t i) { return x.data() + i; };
  const std::vector<const float*> tokens{at(0), at(2), at(10), at(12), at(20), at(21)};
  const TokenBlock<float> plain(tokens, 1);
  CHECK(plain.ahead(0, 2) == 0);
  const TokenBlock<float> block(std::span<const float* const>(tokens).first(4), 1, tokens);
  CHECK(block.size() == 4);
  CHECK(block.ahead(0, 2) == 10);
  CHECK(block.ahead(2, 2) == 0);  // 10 and 9
  CHECK(block.ahead(3, 1) == 8);  // to a token behind the block
  CHECK(block.ahead(4, 2) == 0);
  CHECK(block.part(1, 1).size() == 1);
  CHECK(block.part(1, 1).ahead(0, 1) == 8);
  CHECK(plain.part(0, 1).ahead(0, 1) == 0);
}
