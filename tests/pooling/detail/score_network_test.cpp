// SPDX-License-Identifier: MIT
#include <seqpool/pooling/detail/score_network.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <span>
#include <string>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

using seqpool::Index;
using seqpool::TokenBlock;

namespace {

constexpr seqpool::detail::NetworkNames names{"network", "weight", "v"};

template <class A> seqpool::detail::Numbers<A> random_numbers(std::uint64_t seed, Index rows, Index columns) {
  const auto values = test::Random(seed).values<A>(rows * columns);
  return {rows, columns, {values.begin(), values.end()}};
}

template <class A> seqpool::detail::ScoreNetwork<A> random_network(Index hidden, Index attention, Index heads) {
  const auto bias = random_numbers<A>(2, 1, attention);
  return {names, random_numbers<A>(1, attention, hidden), bias.values, random_numbers<A>(3, heads, attention)};
}

}  // namespace

TEMPLATE_TEST_CASE("a token's scores have the same bits, however many stand beside it, by tile or by block",
                   "[score_network]", SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  for (const Index heads : {1, 3, 40})
    for (const Index attention : {1, 5, 37, 130})
      for (const bool normalizes : {false, true}) {
        const Index hidden = 67, n = 53;
        auto network = random_network<A>(hidden, attention, heads);
        if (normalizes) network.normalize({}, {}, 1e-5);
        const auto tokens = test::Random(4).values<TestType>(n * hidden);
        const TokenBlock<TestType> all(tokens.data(), n, hidden, hidden);
        seqpool::detail::Scratch<A> scratch, other;
        const A* const scores = network.scores(all, scratch);
        for (const Index size : {1, 2, 3, 5, 8, 48})
          for (Index first = 0; first + size <= n; first += size) {
            const auto bytes = sizeof(A) * static_cast<std::size_t>(size * heads);
            REQUIRE(std::memcmp(network.scores(all.part(first, size), other), scores + first * heads, bytes) == 0);
          }
        // As a Scorer: transposed.
        std::vector<A> tile(static_cast<std::size_t>(heads * seqpool::score_tile), A(-7));
        network.score(all.part(16, 5), std::span<A>(tile));
        for (Index k = 0; k < heads; ++k)
          for (Index i = 0; i < seqpool::score_tile; ++i)
            CHECK(tile[static_cast<std::size_t>(k * seqpool::score_tile + i)] ==
                  (i < 5 ? scores[(16 + i) * heads + k] : A(-7)));
      }
}

TEMPLATE_TEST_CASE("scores are v * tanh(W x + b), of more features and attention than a product takes at a time",
                   "[score_network]", SEQPOOL_TEST_REALS) {
  constexpr auto eps = static_cast<double>(std::numeric_limits<TestType>::epsilon());
  for (const auto& [hidden, attention] : {std::array<Index, 2>{600, 3}, {3, 600}})
    for (const Index heads : {3, 40}) {
      const auto weight = random_numbers<TestType>(1, attention, hidden);
      const auto bias = random_numbers<TestType>(2, 1, attention), out = random_numbers<TestType>(3, heads, attention);
      const seqpool::detail::ScoreNetwork<TestType> network(names, weight, bias.values, out);
      const auto tokens = test::Random(4).values<TestType>(2 * hidden);
      seqpool::detail::Scratch<TestType> scratch;
      const TestType* const scores = network.scores(TokenBlock<TestType>(tokens.data(), 2, hidden, hidden), scratch);
      for (Index i = 0; i < 2; ++i)
        for (Index k = 0; k < heads; ++k) {
          double expected = 0;
          for (Index a = 0; a < attention; ++a) {
            double sum = static_cast<double>(bias(0, a));
            for (Index h = 0; h < hidden; ++h)
              sum += static_cast<double>(weight(a, h)) *
                     static_cast<double>(tokens[static_cast<std::size_t>(i * hidden + h)]);
            expected += static_cast<double>(out(k, a)) * std::tanh(sum);
          }
          // Numbers and slopes are at most 1, so n terms are off by n * n: one sum by each, of sums that are off
          // themselves.
          const double bound = static_cast<double>(attention * hidden * (attention + hidden)) * eps;
          CHECK(std::abs(static_cast<double>(scores[i * heads + k]) - expected) <= bound);
        }
    }
}

TEST_CASE("a state folds by a network as by its scores, and keeps its room", "[score_network]") {
  constexpr Index hidden = 67, n = 131, heads = 2;
  const auto network = random_network<float>(hidden, 300, heads);
  const auto tokens = test::Random(4).values<float>(n * hidden);
  const TokenBlock<float> all(tokens.data(), n, hidden, hidden);
  seqpool::detail::NetworkState<float> state;
  state.start(heads, hidden);
  state.fold(all, network);
  CHECK(state.count == n);
  seqpool::SoftmaxState<float> plain;
  plain.start(heads, hidden);
  plain.fold(all, network);
  CHECK(std::equal(plain.weighted.begin(), plain.weighted.end(), state.weighted.begin()));
  CHECK(std::equal(plain.sum.begin(), plain.sum.end(), state.sum.begin()));
  const test::AllocationCount count;
  state.start(heads, hidden);
  state.fold(all, network);
  CHECK(count.so_far() == 0);
}

TEST_CASE("name and parameters tell networks apart, and parameters are as they were given", "[score_network]") {
  const auto weight = random_numbers<float>(1, 4, 3);
  const auto out = random_numbers<float>(3, 1, 4);
  const seqpool::detail::AlignedVector<float> bias(4, 1.f);
  const seqpool::detail::ScoreNetwork<float> network(names, weight, bias, out);
  std::vector<std::string> all{seqpool::identity_of(network)};
  const auto add = [&](auto change, int which) {
    auto w = weight, o = out;
    auto b = bias;
    change(which == 0 ? w.values[11] : which == 1 ? b[3] : o.values[3]);
    all.push_back(seqpool::identity_of(seqpool::detail::ScoreNetwork<float>(names, w, b, o)));
  };
  for (const int which : {0, 1, 2}) add([](float& x) { x += 1; }, which);
  for (const double eps : {1e-5, 1e-6}) {
    auto normalized = network;
    normalized.normalize(bias, bias, eps);
    all.push_back(seqpool::identity_of(normalized));
    normalized.use_gelu();
    all.push_back(seqpool::identity_of(normalized));
  }
  std::sort(all.begin(), all.end());
  CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
  CHECK(seqpool::identity_of(network) ==
        seqpool::identity_of(seqpool::detail::ScoreNetwork<float>(names, weight, bias, out)));

  std::vector<std::string> found;
  const auto check = [&](std::string_view name, auto numbers, std::span<const Index> shape, bool penalised) {
    found.emplace_back(name);
    const auto& given = name == "weight" ? weight.values : name == "bias" ? bias : out.values;
    CHECK(std::equal(numbers.begin(), numbers.end(), given.begin(), given.end()));
    CHECK(std::vector(shape.begin(), shape.end()) ==
          (name == "weight" ? std::vector<Index>{4, 3} : std::vector<Index>{4}));
    CHECK(penalised == (name != "bias"));
  };
  seqpool::visit_parameters(network, check);
  CHECK(found == std::vector<std::string>{"weight", "bias", "v"});
}

TEST_CASE("tokens with holes between them have the scores of each", "[score_network]") {
  constexpr Index hidden = 19, heads = 3, seq = 120;
  const auto network = random_network<float>(hidden, 37, heads);
  const auto tokens = test::Random(4).values<float>(seq * hidden);
  seqpool::detail::Scratch<float> scratch, other;
  for (const std::vector<Index>& places : {std::vector<Index>{0, 1, 2, 4, 5},
                                           {0, 2, 4, 5, 6, 7},
                                           {3, 2, 1},
                                           {9, 9, 9},
                                           {0, 7, 9, 40, 41, 42, 43, 119},
                                           {5}}) {
    const seqpool::detail::TokenSource<float> source{.places = places.data(), .positions = places.data()};
    const TokenBlock<float> some(tokens.data(), static_cast<Index>(places.size()), hidden, hidden, source);
    const float* const scores = network.scores(some, scratch);
    for (std::size_t i = 0; i < places.size(); ++i) {
      const TokenBlock<float> alone(tokens.data() + places[i] * hidden, 1, hidden, hidden);
      const float* const expected = network.scores(alone, other);
      CHECK(std::equal(expected, expected + heads, scores + static_cast<Index>(i) * heads));
    }
  }
}
