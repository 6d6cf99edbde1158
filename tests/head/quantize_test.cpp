// SPDX-License-Identifier: MIT
#include <seqpool/head/quantize.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

using seqpool::Index;

namespace {

const double infinite = std::numeric_limits<double>::infinity();
const double no_number = std::numeric_limits<double>::quiet_NaN();

template <class T = float, int Layout = Eigen::RowMajor>
Eigen::Tensor<T, 2, Layout> vectors(const std::vector<std::vector<double>>& rows) {
  Eigen::Tensor<T, 2, Layout> x(static_cast<Index>(rows.size()), static_cast<Index>(rows[0].size()));
  for (Index i = 0; i < x.dimension(0); ++i)
    for (Index f = 0; f < x.dimension(1); ++f)
      x(i, f) = static_cast<T>(rows[static_cast<std::size_t>(i)][static_cast<std::size_t>(f)]);
  return x;
}

template <class T, int Layout> Eigen::Tensor<T, 2, Layout> random_vectors(Index n, Index features, std::uint64_t seed) {
  test::Random random(seed);
  Eigen::Tensor<T, 2, Layout> x(n, features);
  for (Index i = 0; i < n; ++i)
    for (Index f = 0; f < features; ++f) x(i, f) = static_cast<T>(random.between(-1, 1));
  return x;
}

template <class Result> std::vector<int> integers(const Result& result, Index i = 0) {
  std::vector<int> values;
  for (Index f = 0; f < result.dimension(1); ++f) values.push_back(result(i, f));
  return values;
}

using Row = std::vector<int>;

}  // namespace

TEST_CASE("bytes are sentence-transformers' for known vectors", "[quantize]") {
  const auto ranges = vectors({{1, 5, -60}, {4, 20, -3}});
  const auto x = vectors({{-1, 15, 1}, {1, 5, -60}, {4, 20, -3}, {2.5, 12.5, -31.5}});
  const auto q = seqpool::quantize_int8(x, ranges);
  STATIC_REQUIRE(std::is_same_v<std::remove_cv_t<decltype(q)>, Eigen::Tensor<std::int8_t, 2, Eigen::RowMajor>>);
  CHECK(integers(q) == Row{-128, 42, 127});
  CHECK(integers(q, 1) == Row{-128, -128, -128});
  CHECK(integers(q, 2) == Row{127, 127, 127});
  CHECK(integers(q, 3) == Row{-1, -1, -1});
  const auto u = seqpool::quantize_uint8(x, ranges);
  STATIC_REQUIRE(std::is_same_v<std::remove_cv_t<decltype(u)>, Eigen::Tensor<std::uint8_t, 2, Eigen::RowMajor>>);
  CHECK(integers(u) == Row{0, 170, 255});
  CHECK(integers(u, 3) == Row{127, 127, 127});
}

TEST_CASE("a step of 0 counts as 1", "[quantize]") {
  const double tiny = static_cast<double>(std::numeric_limits<float>::denorm_min());
  const auto ranges = vectors({{3, 0, -0.0}, {3, tiny, 0}});
  CHECK(integers(seqpool::quantize_uint8(vectors({{3, 1, 7.5}}), ranges)) == Row{0, 1, 7});
  CHECK(integers(seqpool::quantize_uint8(vectors({{2.5, -1, 400}}), ranges)) == Row{0, 0, 255});
  CHECK(integers(seqpool::quantize_uint8(vectors({{3.999, 0, -0.0}}), ranges)) == Row{0, 0, 0});
}

TEST_CASE("what lies outside of the ranges saturates and never wraps", "[quantize]") {
  const double most = static_cast<double>(std::numeric_limits<float>::max());
  const auto ranges = vectors({{-1, 3e38, -3.4e38}, {1, 3.1e38, -3.3e38}});
  const auto far = vectors({{infinite, infinite, infinite},
                            {-infinite, -infinite, -infinite},
                            {most, most, most},
                            {-most, -most, -most},
                            {3, 0, 0}});
  const auto u = seqpool::quantize_uint8(far, ranges);
  const auto q = seqpool::quantize_int8(far, ranges);
  CHECK(integers(u, 0) == Row{255, 255, 255});
  CHECK(integers(u, 1) == Row{0, 0, 0});
  CHECK(integers(u, 2) == Row{255, 255, 255});
  CHECK(integers(u, 3) == Row{0, 0, 0});
  CHECK(integers(u, 4) == Row{255, 0, 255});
  for (Index i = 0; i < 5; ++i)
    for (Index f = 0; f < 3; ++f) CHECK(q(i, f) == u(i, f) - 128);
}

TEMPLATE_TEST_CASE("bytes have the formula's numbers, at every width and in both layouts", "[quantize]",
                   SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  for (const Index features : {1, 7, 31, 32, 33, 64, 100})
    for (const Index n : {1, 5, 40}) {
      const auto x = random_vectors<TestType, Eigen::RowMajor>(n, features, 3);
      Eigen::Tensor<TestType, 2> by_features(n, features);
      const auto ranges = seqpool::calibration_ranges(random_vectors<TestType, Eigen::ColMajor>(20, features, 4));
      for (Index i = 0; i < n; ++i)
        for (Index f = 0; f < features; ++f) by_features(i, f) = x(i, f);
      const auto u = seqpool::quantize_uint8(x, ranges);
      const auto q = seqpool::quantize_int8(x, ranges);
      const auto u_by_features = seqpool::quantize_uint8(by_features, ranges);
      const auto q_by_features = seqpool::quantize_int8(by_features, ranges);
      for (Index i = 0; i < n; ++i)
        for (Index f = 0; f < features; ++f) {
          const float least = static_cast<float>(ranges(0, f)), width = static_cast<float>(ranges(1, f)) - least;
          const float step = width / 255.0f;
          const A steps = (seqpool::widen(x(i, f)) - A(least)) / A(step);
          const int expected = static_cast<int>(std::clamp(std::floor(steps), A(0), A(255)));
          REQUIRE(u(i, f) == expected);
          REQUIRE(q(i, f) == expected - 128);
          REQUIRE(u_by_features(i, f) == expected);
          REQUIRE(q_by_features(i, f) == expected - 128);
        }
    }
}

TEST_CASE("ranges and steps are of float for double vectors too, as sentence-transformers' are", "[quantize]") {
  // 0.1 is less than 0.1f, 1.0f / 3 is more than a third, and 1.0f / 255 more than that.
  const auto ranges = vectors<double>({{0.1, 0}, {1.1, 255.0 / 3}});
  CHECK(integers(seqpool::quantize_uint8(vectors<double>({{0.1, 1}}), ranges)) == Row{0, 2});
  CHECK(integers(seqpool::quantize_uint8(vectors<double>({{0.1 + 1.0 / 255, 1 - 1e-12}}), ranges)) == Row{0, 2});
  CHECK(integers(seqpool::quantize_uint8(vectors<double>({{1, 0.4}}),
                                         vectors<Eigen::half, Eigen::ColMajor>({{0, 0}, {1, 1}}))) == Row{254, 101});
}

TEST_CASE("a NaN is refused by its row and feature, in both layouts", "[quantize]") {
  for (const Index features : {3, 32, 70})
    for (const Index bad : {Index{0}, features / 2, features - 1}) {
      auto x = random_vectors<float, Eigen::RowMajor>(40, features, 5);
      auto by_features = random_vectors<float, Eigen::ColMajor>(40, features, 5);
      const auto ranges = seqpool::calibration_ranges(x);
      for (const Index i : {0, 17, 39}) {
        x(i, bad) = by_features(i, bad) = static_cast<float>(-no_number);
        const auto where = "x[" + std::to_string(i) + ", " + std::to_string(bad) + "] is NaN";
        CHECK_THROWS_AS(seqpool::quantize_int8(x, ranges), std::invalid_argument);
        CHECK_THROWS_WITH(seqpool::quantize_int8(x, ranges), ct::has_substring("quantize_int8: " + where));
        CHECK_THROWS_WITH(seqpool::quantize_uint8(by_features, ranges), ct::has_substring("quantize_uint8: " + where));
        x(i, bad) = by_features(i, bad) = 0;
      }
    }
}

TEST_CASE("ranges that are none are refused", "[quantize]") {
  const auto x = vectors({{1, 2}});
  const auto refuses = [&](const auto& ranges, const std::string& words) {
    CHECK_THROWS_AS(seqpool::quantize_int8(x, ranges), std::invalid_argument);
    CHECK_THROWS_WITH(seqpool::quantize_int8(x, ranges), ct::has_substring(words));
  };
  const std::string feature_1 = "quantize_int8: the range of feature 1 is from ";
  refuses(vectors({{0, 1}, {1, 0.5}}), feature_1 + "1 to 0.5");
  refuses(vectors({{0, 1}, {1, infinite}}), feature_1);
  refuses(vectors({{0, -infinite}, {1, 1}}), feature_1);
  refuses(vectors({{0, infinite}, {1, infinite}}), feature_1);
  refuses(vectors({{0, no_number}, {1, 1}}), feature_1);
  refuses(vectors({{0, 1}, {1, no_number}}), feature_1);
  refuses(vectors({{0, -2e38}, {1, 2e38}}), feature_1);
  refuses(vectors<double>({{0, 1}, {1, 1e39}}), feature_1);
  refuses(vectors<double>({{0, 1}, {1, 1 - 1e-12}}), feature_1);
  refuses(vectors({{0, 1}}), "ranges are [1, 2], but x has 2 features: ranges must be [2, features]");
  refuses(vectors({{0, 1, 2}, {1, 2, 3}}), "ranges are [2, 3], but x has 2 features");
  const float* const null = nullptr;
  refuses(Eigen::TensorMap<Eigen::Tensor<const float, 2>>(null, 2, 2), "ranges [2, 2] has a null pointer");
  const Eigen::TensorMap<Eigen::Tensor<const float, 2>> nowhere(null, 1, 2);
  CHECK_THROWS_WITH(seqpool::quantize_int8(nowhere, vectors({{0, 1}, {1, 2}})),
                    ct::has_substring("x [1, 2] has a null"));
  CHECK_THROWS_WITH(seqpool::quantize_binary(nowhere), ct::has_substring("x [1, 2] has a null"));
  CHECK_THROWS_WITH(seqpool::calibration_ranges(nowhere), ct::has_substring("x [1, 2] has a null"));
}

TEMPLATE_TEST_CASE("calibration_ranges are the least and the largest of each feature", "[quantize]",
                   SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  const auto check = [](const auto& x) {
    const auto ranges = seqpool::calibration_ranges(x);
    REQUIRE((ranges.dimension(0) == 2 && ranges.dimension(1) == x.dimension(1)));
    for (Index f = 0; f < x.dimension(1); ++f) {
      std::vector<A> feature;
      for (Index i = 0; i < x.dimension(0); ++i) feature.push_back(seqpool::widen(x(i, f)));
      REQUIRE(ranges(0, f) == *std::min_element(feature.begin(), feature.end()));
      REQUIRE(ranges(1, f) == *std::max_element(feature.begin(), feature.end()));
    }
    return ranges;
  };
  for (const Index features : {1, 31, 32, 33, 70})
    for (const Index n : {2, 3, 50}) {
      const auto x = random_vectors<TestType, Eigen::RowMajor>(n, features, 6);
      STATIC_REQUIRE(std::is_same_v<std::remove_cv_t<decltype(seqpool::calibration_ranges(x))>,
                                    Eigen::Tensor<A, 2, Eigen::RowMajor>>);
      check(x);
      check(random_vectors<TestType, Eigen::ColMajor>(n, features, 6));
    }
}

TEST_CASE("a calibration set has rows, and no NaN and no infinity", "[quantize]") {
  const Eigen::Tensor<float, 2> none(0, 3), no_features(2, 0);
  const Eigen::Tensor<float, 2, Eigen::RowMajor> no_features_by_rows(2, 0);
  CHECK_THROWS_AS(seqpool::calibration_ranges(none), std::invalid_argument);
  CHECK_THROWS_WITH(seqpool::calibration_ranges(none), ct::has_substring("x is [0, 3]"));
  CHECK(seqpool::calibration_ranges(no_features).dimension(0) == 2);
  CHECK(seqpool::calibration_ranges(no_features_by_rows).dimension(1) == 0);
  for (const double strange : {infinite, -infinite, no_number})
    for (const Index bad : {0, 33}) {
      auto x = random_vectors<float, Eigen::RowMajor>(3, 34, 7);
      auto by_features = random_vectors<float, Eigen::ColMajor>(3, 34, 7);
      x(1, bad) = by_features(2, bad) = static_cast<float>(strange);
      const auto feature = ", " + std::to_string(bad) + "] is ";
      CHECK_THROWS_WITH(seqpool::calibration_ranges(x), ct::has_substring("x[1" + feature));
      CHECK_THROWS_WITH(seqpool::calibration_ranges(by_features), ct::has_substring("x[2" + feature));
    }
}

TEMPLATE_TEST_CASE("a calibration set tells vectors apart: one, or equal ones, is refused", "[quantize]",
                   SEQPOOL_TEST_SCALARS) {
  const auto refused = [](const auto& x, const std::string& words) {
    CHECK_THROWS_AS(seqpool::calibration_ranges(x), std::invalid_argument);
    CHECK_THROWS_WITH(seqpool::calibration_ranges(x), ct::has_substring("calibration_ranges: x is [" + words));
  };
  const std::string why = ": the least and the largest agree in every feature";
  refused(random_vectors<TestType, Eigen::RowMajor>(1, 70, 9), "1, 70], one vector" + why);
  refused(random_vectors<TestType, Eigen::ColMajor>(1, 1, 9), "1, 1], one vector" + why);
  for (const Index features : {1, 33}) {
    auto equal = random_vectors<TestType, Eigen::RowMajor>(3, features, 9);
    auto zeros = random_vectors<TestType, Eigen::ColMajor>(2, features, 9);
    for (Index f = 0; f < features; ++f) {
      equal(1, f) = equal(2, f) = equal(0, f);
      zeros(0, f) = static_cast<TestType>(0.0f);
      zeros(1, f) = static_cast<TestType>(-0.0f);
    }
    refused(equal, "3, " + std::to_string(features) + "], and all vectors are equal" + why);
    refused(zeros, "2, " + std::to_string(features) + "], and all vectors are equal" + why);
    // One feature of one vector is enough.
    equal(2, features - 1) = static_cast<TestType>(2.0f);
    const auto ranges = seqpool::calibration_ranges(equal);
    CHECK((ranges(0, features - 1) < ranges(1, features - 1) && (features == 1 || ranges(0, 0) == ranges(1, 0))));
    const auto q = seqpool::quantize_uint8(equal, ranges);
    // The step is rounded, so that the largest may be rounded down to 254.
    CHECK((q(0, features - 1) == 0 && q(2, features - 1) >= 254 && (features == 1 || q(2, 0) == 0)));
  }
}

TEST_CASE("bits are those of known vectors", "[quantize]") {
  const auto x =
      vectors({{1, -1, 2, 3, 0, -0.0, -5, 1e-40}, {-1, -1, -1, -1, -1, -1, -1, -1}, {1, 1, 1, 1, 1, 1, 1, 1}});
  const auto u = seqpool::quantize_ubinary(x);
  const auto q = seqpool::quantize_binary(x);
  STATIC_REQUIRE(std::is_same_v<std::remove_cv_t<decltype(u)>, Eigen::Tensor<std::uint8_t, 2, Eigen::RowMajor>>);
  STATIC_REQUIRE(std::is_same_v<std::remove_cv_t<decltype(q)>, Eigen::Tensor<std::int8_t, 2, Eigen::RowMajor>>);
  CHECK((integers(u) == Row{177} && integers(u, 1) == Row{0} && integers(u, 2) == Row{255}));
  CHECK((integers(q) == Row{49} && integers(q, 1) == Row{-128} && integers(q, 2) == Row{127}));
  CHECK(integers(seqpool::quantize_ubinary(vectors({{infinite, -infinite, no_number, -no_number, 1}}))) ==
        Row{0b10001000});
}

TEMPLATE_TEST_CASE("bits stand in order at every width and in both layouts, and those behind the last are 0",
                   "[quantize]", SEQPOOL_TEST_SCALARS) {
  for (const Index features : {1, 7, 8, 9, 63, 64, 65, 72, 127, 128, 200}) {
    auto x = random_vectors<TestType, Eigen::RowMajor>(3, features, 8);
    x(1, features - 1) = std::numeric_limits<TestType>::quiet_NaN();
    x(2, 0) = static_cast<TestType>(-0.0f);
    Eigen::Tensor<TestType, 2> by_features(3, features);
    for (Index i = 0; i < 3; ++i)
      for (Index f = 0; f < features; ++f) by_features(i, f) = x(i, f);
    const auto u = seqpool::quantize_ubinary(x);
    const auto q = seqpool::quantize_binary(x);
    const auto u_by_features = seqpool::quantize_ubinary(by_features);
    const auto q_by_features = seqpool::quantize_binary(by_features);
    REQUIRE((u.dimension(0) == 3 && u.dimension(1) == (features + 7) / 8));
    for (Index i = 0; i < 3; ++i)
      for (Index byte = 0; byte < u.dimension(1); ++byte) {
        int expected = 0;
        for (Index j = 0; j < 8; ++j)
          if (const Index f = byte * 8 + j; f < features && seqpool::widen(x(i, f)) > 0) expected |= 128 >> j;
        INFO("features " << features << " row " << i << " byte " << byte);
        REQUIRE(u(i, byte) == expected);
        REQUIRE(q(i, byte) == expected - 128);
        REQUIRE(u_by_features(i, byte) == expected);
        REQUIRE(q_by_features(i, byte) == expected - 128);
      }
  }
}

TEST_CASE("no vectors and no features give empty bytes and bits", "[quantize]") {
  const Eigen::Tensor<float, 2> none(0, 9), no_features(3, 0);
  const Eigen::Tensor<float, 2, Eigen::RowMajor> no_features_by_rows(3, 0);
  const auto ranges = vectors({std::vector<double>(9, 0), std::vector<double>(9, 1)});
  CHECK(seqpool::quantize_int8(none, ranges).dimension(1) == 9);
  CHECK(seqpool::quantize_binary(none).dimension(1) == 2);
  CHECK(seqpool::quantize_uint8(no_features, Eigen::Tensor<float, 2>(2, 0)).dimension(0) == 3);
  CHECK(seqpool::quantize_ubinary(no_features).dimension(1) == 0);
  CHECK(seqpool::quantize_ubinary(no_features_by_rows).dimension(0) == 3);
  CHECK(seqpool::quantize_uint8(no_features_by_rows, Eigen::Tensor<float, 2>(2, 0)).dimension(0) == 3);
}
