// SPDX-License-Identifier: MIT
#include <seqpool/head/lexical_weights.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <seqpool/seqpool.hpp>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/scalars.hpp"

using seqpool::Index;
using seqpool::lexical_score;
using seqpool::lexical_weights;

namespace {

using Ids = Eigen::Tensor<std::int64_t, 2, Eigen::RowMajor>;
template <class A> using Sparse = seqpool::SparseVector<A>;

Ids some_ids() {
  Ids ids(2, 5);
  ids.setValues({{0, 9, 4, 9, 2}, {0, 7, 2, -1, -1}});
  return ids;
}

Eigen::Tensor<float, 2, Eigen::RowMajor> some_weights() {
  Eigen::Tensor<float, 2, Eigen::RowMajor> weights(2, 5);
  weights.setValues({{3, 0.5f, 0, 0.75f, 1}, {2, 0.25f, -1, NAN, 8}});
  return weights;
}

}  // namespace

TEMPLATE_TEST_CASE("each id has the largest weight of its tokens, and padding is never read", "[lexical_weights]",
                   SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  const Ids ids = some_ids();
  const auto as_float = some_weights();
  Eigen::Tensor<TestType, 2, Eigen::RowMajor> weights(2, 5);
  Eigen::Tensor<TestType, 2> columns(2, 5);
  Eigen::Tensor<TestType, 3, Eigen::RowMajor> deep(2, 5, 1);
  for (Index b = 0; b < 2; ++b)
    for (Index s = 0; s < 5; ++s) weights(b, s) = columns(b, s) = deep(b, s, 0) = static_cast<TestType>(as_float(b, s));
  Eigen::Tensor<bool, 2> mask(2, 5);
  mask.setValues({{true, true, true, true, true}, {true, true, true, false, false}});
  const std::vector<Sparse<A>> all{{{0, A(3)}, {2, A(1)}, {9, A(0.75f)}}, {{0, A(2)}, {7, A(0.25f)}}};
  const std::vector<Sparse<A>> used{{{9, A(0.75f)}}, {{7, A(0.25f)}}};
  CHECK(lexical_weights(weights, ids, mask) == all);
  CHECK(lexical_weights(columns, ids, mask) == all);
  CHECK(lexical_weights(deep, ids, mask) == all);
  CHECK(lexical_weights(weights, ids, mask, {0, 2}) == used);
  CHECK(lexical_weights(weights, ids, seqpool::Lengths(std::array{5, 3}), {0, 2}) == used);
  CHECK(lexical_weights(weights, ids, seqpool::Lengths(std::array{4, 0})) ==
        std::vector<Sparse<A>>{{{0, A(3)}, {9, A(0.75f)}}, {}});
  STATIC_REQUIRE(std::is_same_v<decltype(lexical_weights(weights, ids)), std::vector<Sparse<A>>>);
}

TEST_CASE("a NaN is the largest weight of its id, and infinity stays", "[lexical_weights]") {
  Eigen::Tensor<float, 2> weights(1, 4);
  weights.setValues({{1, NAN, 2, std::numeric_limits<float>::infinity()}});
  Eigen::Tensor<int, 2> ids(1, 4);
  ids.setValues({{5, 5, 5, 6}});
  const auto row = lexical_weights(weights, ids).front();
  REQUIRE(row.size() == 2);
  CHECK(row[0].first == 5);
  CHECK(std::isnan(row[0].second));
  CHECK(row[1] == std::pair<Index, float>(6, std::numeric_limits<float>::infinity()));
}

TEST_CASE("sizes that do not fit and ids below 0 are refused", "[lexical_weights]") {
  const Ids ids = some_ids();
  const auto weights = some_weights();
  CHECK_THROWS_WITH(lexical_weights(weights, ids),
                    ct::has_substring("input_ids hold -1 at row 1, token 3; they must be 0 or more"));
  const Ids fewer(2, 4);
  CHECK_THROWS_WITH(lexical_weights(weights, fewer),
                    ct::has_substring("input_ids are [2, 4], but the weights of tokens have [batch, seq] = [2, 5]"));
  const Eigen::Tensor<float, 3> hidden(2, 5, 3);
  CHECK_THROWS_WITH(lexical_weights(hidden, ids), ct::has_substring("are [2, 5, 3], but each token has one"));
  CHECK_THROWS_AS(lexical_weights(weights, ids, seqpool::Lengths(std::array{1})), std::invalid_argument);
  CHECK(lexical_weights(Eigen::Tensor<float, 2>(0, 5), Ids(0, 5)).empty());
}

TEST_CASE("two texts agree by the ids that both have", "[lexical_weights]") {
  const Sparse<float> a{{1, 2.f}, {4, 3.f}, {9, 0.5f}};
  const Sparse<float> b{{0, 7.f}, {4, 2.f}, {5, 1.f}, {9, 4.f}, {12, 1.f}};
  CHECK(lexical_score(a, b) == 8);
  CHECK(lexical_score(b, a) == 8);
  CHECK(lexical_score(a, a) == 13.25f);
  CHECK(lexical_score(a, {}) == 0);
  CHECK(lexical_score({}, a) == 0);
}

TEMPLATE_TEST_CASE("an id that is there has its weight once, and padding is never read", "[lexical_weights]",
                   SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  std::vector<TestType> weight;
  for (int id = 0; id < 5; ++id) weight.push_back(static_cast<TestType>(id - 1));
  Eigen::Tensor<int, 2> ids(2, 4);
  ids.setValues({{3, 4, 3, 99}, {-7, 99, 0, 0}});
  Eigen::Tensor<bool, 2> mask(2, 4);
  mask.setValues({{true, true, true, false}, {false, false, true, true}});
  const auto vectors = seqpool::weights_of_ids(weight, ids, mask);
  STATIC_REQUIRE(std::is_same_v<decltype(vectors), const Eigen::Tensor<A, 2>>);
  REQUIRE(vectors.dimension(0) == 2);
  REQUIRE(vectors.dimension(1) == 5);
  const std::array<A, 10> expected{0, 0, 0, 2, 3, -1, 0, 0, 0, 0};
  for (Index b = 0; b < 2; ++b)
    for (Index v = 0; v < 5; ++v) CHECK(vectors(b, v) == expected[static_cast<std::size_t>(b * 5 + v)]);
  CHECK_THROWS_WITH(seqpool::weights_of_ids(weight, ids),
                    ct::has_substring("input_ids hold 99, but the vocabulary has 5 words"));
  const auto spans = seqpool::weights_of_ids(weight, ids, seqpool::Spans({{1, 2, 4}, {0, 1, 2}, {0, 2, 2}}));
  REQUIRE(spans.dimension(0) == 3);
  CHECK(spans(0, 0) == -1);
  CHECK(spans(1, 4) == 3);
  CHECK(spans(1, 3) == 0);
  CHECK(spans(2, 3) == 0);
  Eigen::Tensor<int, 2> edge(1, 1);
  edge(0, 0) = 5;
  CHECK_THROWS_AS(seqpool::weights_of_ids(weight, edge), std::invalid_argument);
  edge(0, 0) = -1;
  CHECK_THROWS_AS(seqpool::weights_of_ids(weight, edge), std::invalid_argument);
  CHECK_THROWS_AS(seqpool::weights_of_ids(weight, ids, seqpool::Lengths(std::array{1})), std::invalid_argument);
}

TEST_CASE("an id that no Index holds is no other id", "[lexical_weights]") {
  Eigen::Tensor<std::uint64_t, 2> ids(1, 2);
  ids.setValues({{1, ~std::uint64_t{0}}});
  CHECK_THROWS_WITH(seqpool::weights_of_ids(std::vector<float>{1, 2}, ids), ct::has_substring("18446744073709551615"));
  Eigen::Tensor<float, 2> weights(1, 2);
  weights.setConstant(1);
  CHECK_THROWS_WITH(seqpool::lexical_weights(weights, ids), ct::has_substring("18446744073709551615"));
}
