// SPDX-License-Identifier: MIT
#include <seqpool/input/concat_layers.hpp>

#include <array>
#include <cmath>
#include <seqpool/seqpool.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/rows.hpp"
#include "support/scalars.hpp"

using seqpool::HiddenStates;
using seqpool::Index;

TEMPLATE_TEST_CASE("layers side by side are pooled as each is, in every form", "[concat_layers]",
                   SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  for (const Index hidden : {1, 16, 37}) {
    std::vector<test::Padded<TestType>> padded;
    std::vector<HiddenStates<TestType>> views;
    std::vector<Eigen::Tensor<TestType, 3>> columns;
    padded.reserve(3);
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
      const auto tokens = test::tokens<TestType>(60, hidden, seed);
      padded.emplace_back(2, 50, hidden);
      for (Index i = 0; i < 60; ++i)
        padded.back().put(i % 2, i / 2 + (i > 30 ? 9 : 0) + i % 2, &tokens[static_cast<std::size_t>(i * hidden)]);
      views.push_back(padded.back().view());
      columns.push_back(padded.back().column_major());
    }
    const auto mask = padded[0].mask_view();
    const auto all = seqpool::concat_layers(views);
    STATIC_REQUIRE(std::is_same_v<typename decltype(all)::value_type, TestType>);
    CHECK(all.hidden() == 3 * hidden);
    const auto check = [&](const auto& pooling) {
      std::vector<std::vector<A>> expected(2);
      for (const auto& view : views) {
        const auto rows = test::rows_of(seqpool::pool(pooling, view, mask));
        for (std::size_t b = 0; b < 2; ++b) expected[b].insert(expected[b].end(), rows[b].begin(), rows[b].end());
      }
      for (const auto& rows : {test::rows_of(seqpool::pool(pooling, all, mask)),
                               test::rows_of(seqpool::pool(pooling, seqpool::concat_layers(columns), mask))})
        for (std::size_t b = 0; b < 2; ++b) CHECK(test::same_bits(rows[b], expected[b]));
    };
    check(seqpool::Mean{});
    check(seqpool::Max{});
    check(seqpool::Last{});
  }
}

TEST_CASE("the last layers side by side, of packed sequences", "[concat_layers]") {
  const std::vector<float> a{1, 2, 3}, b{4, 5, 6}, c{7, 8, 9};
  std::vector<seqpool::PackedStates<float>> packed;
  for (const auto* layer : {&a, &b, &c})
    packed.emplace_back(layer->data(), std::array<Index, 2>{3, 1}, std::array{0, 1, 1, 3});
  CHECK(test::rows_of(seqpool::sum_pool(seqpool::concat_layers(seqpool::Layers(packed).last(2)))) ==
        std::vector<std::vector<float>>{{4, 7}, {0, 0}, {11, 17}});
}
