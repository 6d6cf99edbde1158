// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/head/nearest.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <seqpool/seqpool.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/same_bits.hpp"
#include "support/scalars.hpp"

using seqpool::Index;
using seqpool::Similarity;

namespace {

constexpr Similarity kinds[]{Similarity::cosine, Similarity::dot, Similarity::euclidean, Similarity::manhattan};

// Of few different numbers, so that many similarities are equal.
template <class T, int Layout = Eigen::RowMajor>
Eigen::Tensor<T, 2, Layout> vectors(Index n, Index features, std::uint64_t seed) {
  test::Random random(seed);
  Eigen::Tensor<T, 2, Layout> x(n, features);
  for (Index i = 0; i < n; ++i)
    for (Index f = 0; f < features; ++f) x(i, f) = static_cast<T>(static_cast<float>(random.below(4) - 1));
  return x;
}

// Whether a result is the beginning of all similarities, sorted, with their bits.
template <class Result, class All> bool is_beginning(const Result& result, const All& all, Index k) {
  using A = typename All::Scalar;
  const Index n = all.dimension(0), m = all.dimension(1);
  if (result.indices.dimension(0) != n || result.indices.dimension(1) != k) return false;
  if (result.similarities.dimension(0) != n || result.similarities.dimension(1) != k) return false;
  std::vector<Index> order(static_cast<std::size_t>(m));
  for (Index i = 0; i < n; ++i) {
    std::iota(order.begin(), order.end(), 0);
    const auto key = [&](Index j) { return std::isnan(all(i, j)) ? std::numeric_limits<A>::infinity() : all(i, j); };
    std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return key(a) > key(b); });
    for (Index place = 0; place < k; ++place) {
      const Index expected = order[static_cast<std::size_t>(place)];
      const A value = all(i, expected), found = result.similarities(i, place);
      if (result.indices(i, place) != expected || !test::same_bits(value, found)) return false;
    }
  }
  return true;
}

}  // namespace

TEMPLATE_TEST_CASE("the nearest are the beginning of all similarities, in order and with their bits", "[nearest]",
                   SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  const auto query = vectors<TestType>(3, 5, 1);
  const auto stored = vectors<TestType>(40, 5, 2);
  const auto query_by_columns = vectors<TestType, Eigen::ColMajor>(3, 5, 1);
  const auto stored_by_columns = vectors<TestType, Eigen::ColMajor>(40, 5, 2);
  for (const Similarity kind : kinds) {
    const auto all = seqpool::similarity(query, stored, kind);
    for (const Index k : {0, 1, 2, 7, 39, 40}) {
      INFO("kind " << static_cast<int>(kind) << ", k " << k);
      const auto result = seqpool::nearest(query, stored, k, kind);
      STATIC_REQUIRE(std::is_same_v<decltype(result.indices), Eigen::Tensor<Index, 2, Eigen::RowMajor>>);
      STATIC_REQUIRE(std::is_same_v<decltype(result.similarities), Eigen::Tensor<A, 2, Eigen::RowMajor>>);
      CHECK(is_beginning(result, all, k));
      const auto by_columns = seqpool::nearest(query_by_columns, stored_by_columns, k, kind);
      STATIC_REQUIRE(std::is_same_v<decltype(by_columns.indices), Eigen::Tensor<Index, 2>>);
      CHECK(is_beginning(by_columns, all, k));
      CHECK(is_beginning(seqpool::nearest(seqpool::Vectors(query_by_columns), stored, k, kind), all, k));
    }
  }
  CHECK(is_beginning(seqpool::nearest(query, stored, 5), seqpool::cosine_similarity(query, stored), 5));
}

TEST_CASE("the nearest of many queries and of many vectors, with and without threads", "[nearest]") {
  Eigen::ThreadPool thread_pool(2);
  const Eigen::ThreadPoolDevice device(&thread_pool, 2);
  const auto check = [&](Index n, Index m, Index k) {
    INFO(n << " queries, " << m << " vectors");
    const auto query = vectors<float>(n, 2, 3), stored = vectors<float>(m, 2, 4);
    const auto all = seqpool::similarity(query, stored, Similarity::manhattan, device);
    CHECK(is_beginning(seqpool::nearest(query, stored, k, Similarity::manhattan), all, k));
    CHECK(is_beginning(seqpool::nearest(query, stored, k, Similarity::manhattan, device), all, k));
  };
  check(256, 1024, 3);
  check(257, 1025, 40);
  check(1, (1 << 18) + 1, 5);
}

TEST_CASE("the last of the vectors is found, and the first of equals in another part", "[nearest]") {
  Eigen::Tensor<float, 2, Eigen::RowMajor> query(256, 1), stored(2048, 1);
  query.setConstant(1);
  stored.setConstant(2);
  stored(2047, 0) = 9;
  stored(1500, 0) = stored(5, 0) = 7;
  const auto [indices, similarities] = seqpool::nearest(query, stored, 4, Similarity::dot);
  for (const Index i : {0, 255}) {
    CHECK((indices(i, 0) == 2047 && indices(i, 1) == 5 && indices(i, 2) == 1500 && indices(i, 3) == 0));
    CHECK((similarities(i, 0) == 9 && similarities(i, 1) == 7 && similarities(i, 2) == 7 && similarities(i, 3) == 2));
  }
}

TEST_CASE("a NaN among the vectors is nearest, as in top_k", "[nearest]") {
  auto stored = vectors<float>(10, 3, 5);
  stored(8, 1) = stored(4, 0) = std::numeric_limits<float>::quiet_NaN();
  const auto query = vectors<float>(2, 3, 6);
  const auto [indices, similarities] = seqpool::nearest(query, stored, 2);
  for (const Index i : {0, 1}) {
    CHECK((indices(i, 0) == 4 && indices(i, 1) == 8));
    CHECK((std::isnan(similarities(i, 0)) && std::isnan(similarities(i, 1))));
    const auto top = seqpool::top_k(seqpool::cosine_similarity(query, stored), 2);
    CHECK((top.classes(i, 0) == 4 && top.classes(i, 1) == 8));
  }
}

TEST_CASE("what cannot be searched for is refused, and nothing at all is found of nothing", "[nearest]") {
  const auto query = vectors<float>(2, 3, 1), stored = vectors<float>(4, 3, 2);
  const Eigen::Tensor<float, 2> none(0, 3), wider(4, 5), no_features(4, 0);
  for (const Index k : {-1, 5}) {
    CHECK_THROWS_AS(seqpool::nearest(query, stored, k), std::invalid_argument);
    CHECK_THROWS_WITH(seqpool::nearest(query, stored, k),
                      "seqpool: nearest: k is " + std::to_string(k) +
                          ", but vectors are [4, 3]: k must be from 0 to the number of vectors");
  }
  CHECK_THROWS_WITH(seqpool::nearest(query, none, 1), ct::has_substring("k is 1, but vectors are [0, 3]"));
  CHECK_THROWS_WITH(seqpool::nearest(query, wider, 1),
                    "seqpool: nearest: query is [2, 3], but vectors are [4, 5]: both must have as many features");
  CHECK_THROWS_WITH(seqpool::nearest(query, stored, 1, static_cast<Similarity>(4)),
                    ct::has_substring("Similarity::cosine, dot"));
  CHECK_THROWS_WITH(seqpool::nearest(none, none, 0, static_cast<Similarity>(-1)),
                    ct::has_substring("Similarity::cosine, dot"));
  const float* const null = nullptr;
  const Eigen::TensorMap<Eigen::Tensor<const float, 2>> nowhere(null, 2, 3);
  CHECK_THROWS_WITH(seqpool::nearest(query, nowhere, 1), "seqpool: vectors [2, 3] has a null pointer");
  CHECK_THROWS_WITH(seqpool::nearest(nowhere, query, 1), "seqpool: query [2, 3] has a null pointer");

  CHECK(seqpool::nearest(query, none, 0).indices.dimension(0) == 2);
  CHECK(seqpool::nearest(query, stored, 0).similarities.dimension(1) == 0);
  CHECK(seqpool::nearest(none, stored, 2).indices.dimension(1) == 2);
  const auto zeros = seqpool::nearest(no_features, no_features, 2);
  CHECK((zeros.similarities(3, 1) == 0 && zeros.indices(3, 0) == 0 && zeros.indices(3, 1) == 1));
}
