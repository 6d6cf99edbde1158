// SPDX-License-Identifier: MIT
#include <seqpool/head/pair_features.hpp>

#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

using seqpool::Index;
using seqpool::PairFeatures;

namespace {

template <class T, int Layout> Eigen::Tensor<T, 2, Layout> pairs(Index n, Index features, std::uint64_t seed) {
  test::Random random(seed);
  Eigen::Tensor<T, 2, Layout> x(n, features);
  for (Index i = 0; i < n; ++i)
    for (Index f = 0; f < features; ++f) x(i, f) = static_cast<T>(random.between(-2, 2));
  return x;
}

template <class Result> std::vector<float> row(const Result& result, Index i = 0) {
  std::vector<float> values;
  for (Index f = 0; f < result.dimension(1); ++f) values.push_back(static_cast<float>(result(i, f)));
  return values;
}

}  // namespace

TEST_CASE("the parts stand in sentence-transformers' order, any of them", "[pair_features]") {
  Eigen::Tensor<float, 2, Eigen::RowMajor> u(1, 2), v(1, 2);
  u.setValues({{1, -2}});
  v.setValues({{3, 5}});
  using Row = std::vector<float>;
  CHECK(row(seqpool::pair_features(u, v)) == Row{1, -2, 3, 5, 2, 7});
  CHECK(row(seqpool::pair_features(v, u)) == Row{3, 5, 1, -2, 2, 7});
  CHECK(row(seqpool::pair_features(u, v, {.product = true})) == Row{1, -2, 3, 5, 2, 7, 3, -10});
  const Row expected[]{{1, -2}, {3, 5}, {2, 7}, {3, -10}};
  for (unsigned some = 1; some < 16; ++some) {
    Row side_by_side;
    for (unsigned part = 0; part < 4; ++part)
      if (some >> part & 1) side_by_side.insert(side_by_side.end(), expected[part].begin(), expected[part].end());
    CHECK(row(seqpool::pair_features(u, v, {(some & 1) != 0, (some & 2) != 0, (some & 4) != 0, (some & 8) != 0})) ==
          side_by_side);
  }
}

TEMPLATE_TEST_CASE("every number is the exact one rounded once, in every scalar and layout", "[pair_features]",
                   SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  const auto check = [](const auto& u, const auto& v) {
    const auto result = seqpool::pair_features(u, v, {.product = true});
    REQUIRE((result.dimension(0) == 5 && result.dimension(1) == 28));
    for (Index i = 0; i < 5; ++i)
      for (Index f = 0; f < 7; ++f) {
        const auto a = static_cast<long double>(seqpool::widen(u(i, f)));
        const auto b = static_cast<long double>(seqpool::widen(v(i, f)));
        REQUIRE(result(i, f) == static_cast<A>(a));
        REQUIRE(result(i, 7 + f) == static_cast<A>(b));
        REQUIRE(result(i, 14 + f) == static_cast<A>(std::abs(a - b)));
        REQUIRE(std::abs(static_cast<long double>(result(i, 21 + f)) - a * b) <=
                std::abs(a * b) * static_cast<long double>(std::numeric_limits<A>::epsilon()) / 2);
      }
    return result;
  };
  const auto u = pairs<TestType, Eigen::RowMajor>(5, 7, 1);
  const auto v = pairs<TestType, Eigen::ColMajor>(5, 7, 2);
  const auto w = pairs<TestType, Eigen::ColMajor>(5, 7, 3);
  STATIC_REQUIRE(
      std::is_same_v<std::remove_cv_t<decltype(seqpool::pair_features(u, v))>, Eigen::Tensor<A, 2, Eigen::RowMajor>>);
  STATIC_REQUIRE(std::is_same_v<std::remove_cv_t<decltype(seqpool::pair_features(v, u))>, Eigen::Tensor<A, 2>>);
  check(u, v);
  check(v, u);
  check(v, w);
}

TEST_CASE("of half and float vectors float features come", "[pair_features]") {
  Eigen::Tensor<Eigen::half, 2> u(1, 1);
  Eigen::Tensor<float, 2> v(1, 1);
  u(0, 0) = Eigen::half(2048);
  v(0, 0) = -1;
  CHECK(row(seqpool::pair_features(u, v)) == std::vector<float>{2048, -1, 2049});  // which half cannot hold
}

TEST_CASE("NaN and infinity stay in their features, and a NaN is the quiet one", "[pair_features]") {
  const float infinite = std::numeric_limits<float>::infinity();
  Eigen::Tensor<float, 2> u(1, 4), v(1, 4);
  u.setValues({{infinite, -std::numeric_limits<float>::quiet_NaN(), 1, 0}});
  v.setValues({{infinite, 1, -infinite, infinite}});
  const auto result = seqpool::pair_features(u, v, {.product = true});
  for (const Index f : {1, 8, 9, 13, 15}) {
    INFO("feature " << f);
    CHECK(std::isnan(result(0, f)));
    CHECK_FALSE(std::signbit(result(0, f)));
  }
  CHECK((result(0, 10) == infinite && result(0, 14) == -infinite && result(0, 12) == infinite &&
         result(0, 11) == infinite));
}

TEST_CASE("no rows and no features are no trouble; sizes that differ and no part at all are", "[pair_features]") {
  const Eigen::Tensor<float, 2> none(0, 3), no_features(2, 0), x(2, 3), fewer(2, 2), shorter(1, 3);
  CHECK(seqpool::pair_features(none, none).dimension(1) == 9);
  CHECK(seqpool::pair_features(no_features, no_features).dimension(0) == 2);
  CHECK_THROWS_AS(seqpool::pair_features(x, fewer), std::invalid_argument);
  CHECK_THROWS_WITH(seqpool::pair_features(x, fewer),
                    ct::has_substring("u is [2, 3]") && ct::has_substring("v is [2, 2]"));
  CHECK_THROWS_WITH(seqpool::pair_features(shorter, x),
                    ct::has_substring("u is [1, 3]") && ct::has_substring("v is [2, 3]"));
  CHECK_THROWS_WITH(seqpool::pair_features(x, x, {false, false, false, false}),
                    ct::has_substring("at least one of PairFeatures' u, v, difference and product"));
  const float* const null = nullptr;
  const Eigen::TensorMap<Eigen::Tensor<const float, 2>> nowhere(null, 2, 3);
  CHECK_THROWS_WITH(seqpool::pair_features(x, nowhere), ct::has_substring("v [2, 3] has a null pointer"));
  CHECK_THROWS_WITH(seqpool::pair_features(nowhere, x), ct::has_substring("u [2, 3] has a null pointer"));
}
