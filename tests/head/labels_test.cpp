// SPDX-License-Identifier: MIT
#include <seqpool/head/labels.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

using seqpool::Index;

namespace {

const float infinity_of_float = std::numeric_limits<float>::infinity();
const float nan_of_float = std::numeric_limits<float>::quiet_NaN();

template <class T = float, int Layout = Eigen::RowMajor>
Eigen::Tensor<T, 2, Layout> rows(const std::vector<std::vector<float>>& values) {
  Eigen::Tensor<T, 2, Layout> x(static_cast<Index>(values.size()), static_cast<Index>(values[0].size()));
  for (Index b = 0; b < x.dimension(0); ++b)
    for (Index c = 0; c < x.dimension(1); ++c)
      x(b, c) = static_cast<T>(values[static_cast<std::size_t>(b)][static_cast<std::size_t>(c)]);
  return x;
}

template <class Result> auto labels_of(const Result& result, Index b = 0) {
  std::vector<typename Result::Scalar> values;
  for (Index c = 0; c < result.dimension(1); ++c) values.push_back(result(b, c));
  return values;
}

using Has = std::vector<bool>;
using Classes = std::vector<Index>;

}  // namespace

TEST_CASE("a threshold is reached by itself and by what is above, and never by a NaN", "[labels]") {
  const float below = std::nextafter(0.5f, 0.0f);
  const auto p =
      rows({{0.5f, below, std::nextafter(0.5f, 1.0f), nan_of_float}, {1, 0, infinity_of_float, -infinity_of_float}});
  const auto has = seqpool::threshold(p, 0.5);
  STATIC_REQUIRE(std::is_same_v<std::remove_cv_t<decltype(has)>, Eigen::Tensor<bool, 2, Eigen::RowMajor>>);
  CHECK(labels_of(has) == Has{true, false, true, false});
  CHECK(labels_of(has, 1) == Has{true, false, true, false});
  CHECK(labels_of(seqpool::threshold(p, 1)) == Has{false, false, false, false});
  CHECK(labels_of(seqpool::threshold(p, 1), 1) == Has{true, false, true, false});
  CHECK(labels_of(seqpool::threshold(p, Eigen::half(0.25f))) == Has{true, true, true, false});
  CHECK(labels_of(seqpool::threshold(p, -infinity_of_float), 1) == Has{true, true, true, true});
  CHECK(labels_of(seqpool::threshold(rows({{0.0f, -0.0f}}), -0.0)) == Has{true, true});
}

TEST_CASE("a threshold is rounded to the probabilities' accumulator", "[labels]") {
  CHECK(labels_of(seqpool::threshold(rows({{0.7f, 0.1f}}), 0.7)) == Has{true, false});  // 0.7f is less than 0.7
  CHECK(labels_of(seqpool::threshold(rows({{0.7f, 0.1f}}), std::vector<double>{0.7, 0.1})) == Has{true, true});
  Eigen::Tensor<double, 2> p(1, 2);
  p.setValues({{0.7, static_cast<double>(0.7f)}});
  CHECK(labels_of(seqpool::threshold(p, 0.7)) == Has{true, false});
  CHECK(labels_of(seqpool::threshold(p, std::array{0.7, 0.7})) == Has{true, false});
}

TEST_CASE("each class may have a threshold of its own, of any vector", "[labels]") {
  const auto p = rows<float, Eigen::ColMajor>({{0.2f, 0.5f, 0.9f}, {0.1f, 0.6f, 1.0f}});
  const auto check = [&](const auto& t) {
    const auto has = seqpool::threshold(p, t);
    STATIC_REQUIRE(std::is_same_v<std::remove_cv_t<decltype(has)>, Eigen::Tensor<bool, 2>>);
    CHECK(labels_of(has) == Has{true, false, false});
    CHECK(labels_of(has, 1) == Has{false, true, true});
  };
  check(std::vector<float>{0.2f, 0.6f, 1.0f});
  check(std::array<double, 3>{0.2, 0.6, 1.0});
  check(Eigen::Vector3f(0.2f, 0.6f, 1.0f));
  check(Eigen::RowVector3d(0.2, 0.6, 1.0));
  Eigen::Tensor<float, 1> t(3);
  t.setValues({0.2f, 0.6f, 1.0f});
  check(t);
}

TEST_CASE("a threshold that is none is refused", "[labels]") {
  const auto p = rows({{0.2f, 0.5f, 0.9f}});
  CHECK_THROWS_AS(seqpool::threshold(p, nan_of_float), std::invalid_argument);
  CHECK_THROWS_WITH(seqpool::threshold(p, nan_of_float), ct::has_substring("threshold: t is NaN"));
  CHECK_THROWS_WITH(seqpool::threshold(p, std::vector<float>{0, 0, nan_of_float}),
                    ct::has_substring("threshold: t[2] is NaN"));
  for (const std::size_t n : {0u, 1u, 2u, 4u}) {
    CHECK_THROWS_AS(seqpool::threshold(p, std::vector<float>(n)), std::invalid_argument);
    CHECK_THROWS_WITH(seqpool::threshold(p, std::vector<float>(n)),
                      ct::has_substring("t is [" + std::to_string(n) + "], but probabilities are [1, 3]"));
  }
}

TEMPLATE_TEST_CASE("top_k is a stable sort's beginning, for every k and in both layouts", "[labels]",
                   SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  test::Random random(1);
  for (const Index classes : {1, 2, 5, 40}) {
    Eigen::Tensor<TestType, 2, Eigen::RowMajor> p(7, classes);
    Eigen::Tensor<TestType, 2> by_classes(7, classes);
    for (Index b = 0; b < 7; ++b)
      for (Index c = 0; c < classes; ++c) {
        const auto value = random.below(10);  // many are equal
        p(b, c) = by_classes(b, c) = static_cast<TestType>(value == 9 ? NAN : static_cast<float>(value));
      }
    for (const Index k : {Index{1}, (classes + 1) / 2, classes}) {
      const auto top = seqpool::top_k(p, k);
      const auto other = seqpool::top_k(by_classes, k);
      STATIC_REQUIRE(std::is_same_v<decltype(top.classes), Eigen::Tensor<Index, 2, Eigen::RowMajor>>);
      STATIC_REQUIRE(std::is_same_v<decltype(top.values), Eigen::Tensor<A, 2, Eigen::RowMajor>>);
      STATIC_REQUIRE(std::is_same_v<decltype(other.classes), Eigen::Tensor<Index, 2>>);
      REQUIRE((top.classes.dimension(0) == 7 && top.classes.dimension(1) == k && top.values.dimension(1) == k));
      for (Index b = 0; b < 7; ++b) {
        Classes order(static_cast<std::size_t>(classes));
        std::iota(order.begin(), order.end(), 0);
        const auto key = [&](Index c) {
          const A value = seqpool::widen(p(b, c));
          return std::isnan(value) ? std::numeric_limits<A>::infinity() : value;
        };
        std::stable_sort(order.begin(), order.end(), [&](Index c, Index d) { return key(c) > key(d); });
        for (Index i = 0; i < k; ++i) {
          const Index c = order[static_cast<std::size_t>(i)];
          const A value = seqpool::widen(p(b, c));
          REQUIRE(top.classes(b, i) == c);
          REQUIRE(other.classes(b, i) == c);
          REQUIRE((top.values(b, i) == value || (std::isnan(top.values(b, i)) && std::isnan(value))));
          REQUIRE((other.values(b, i) == value || (std::isnan(other.values(b, i)) && std::isnan(value))));
        }
        REQUIRE(top.classes(b, 0) == seqpool::argmax(p)(b));
      }
    }
  }
}

TEST_CASE("top_k of NaN, infinities and zeros", "[labels]") {
  const auto [classes, values] = seqpool::top_k(
      rows({{1, -nan_of_float, infinity_of_float, nan_of_float, -infinity_of_float}, {0, -0.0f, -1, 0, -1}}), 5);
  CHECK(labels_of(classes) == Classes{1, 3, 2, 0, 4});
  CHECK(labels_of(classes, 1) == Classes{0, 1, 3, 2, 4});
  CHECK((std::isnan(values(0, 0)) && std::isnan(values(0, 1)) && values(0, 2) == infinity_of_float &&
         values(0, 4) == -infinity_of_float));
  CHECK_FALSE(std::signbit(values(0, 0)));
  CHECK((std::signbit(values(1, 1)) && !std::signbit(values(1, 0))));
}

TEST_CASE("k is from 1 to the number of classes", "[labels]") {
  const auto p = rows({{0.2f, 0.5f, 0.3f}});
  CHECK(labels_of(seqpool::top_k(p, 1).classes) == Classes{1});
  CHECK(labels_of(seqpool::top_k(p, 3).classes) == Classes{1, 2, 0});
  for (const Index k : {-1, 0, 4}) {
    CHECK_THROWS_AS(seqpool::top_k(p, k), std::invalid_argument);
    CHECK_THROWS_WITH(seqpool::top_k(p, k),
                      ct::has_substring("k is " + std::to_string(k) + ", but probabilities are [1, 3]"));
  }
  const Eigen::Tensor<float, 2> no_classes(2, 0), no_rows(0, 3);
  CHECK_THROWS_AS(seqpool::top_k(no_classes, 1), std::invalid_argument);
  CHECK_THROWS_AS(seqpool::top_k(no_rows, 4), std::invalid_argument);
  CHECK(seqpool::top_k(no_rows, 2).classes.dimension(0) == 0);
  CHECK(seqpool::top_k(no_rows, 2).values.dimension(1) == 2);
  CHECK(seqpool::threshold(no_rows, 0.5).dimension(1) == 3);
  CHECK(seqpool::threshold(no_classes, std::vector<float>()).dimension(0) == 2);
}

TEMPLATE_TEST_CASE("a rerank score is the sigmoid of one logit, and of two the probability of class 1", "[labels]",
                   SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  const auto one = rows<TestType>({{0}, {3}, {-200}, {nan_of_float}});
  const auto score = seqpool::rerank_scores(one);
  STATIC_REQUIRE(std::is_same_v<std::remove_cv_t<decltype(score)>, Eigen::Tensor<A, 1, Eigen::RowMajor>>);
  REQUIRE(score.dimension(0) == 4);
  const auto sigmoid = seqpool::sigmoid(one);
  for (Index b = 0; b < 3; ++b) CHECK(score(b) == sigmoid(b, 0));
  CHECK((score(0) == A(0.5) && std::isnan(score(3))));

  const auto two = rows<TestType, Eigen::ColMajor>(
      {{0, 0}, {-1, 2}, {2, -1}, {-infinity_of_float, 5}, {-infinity_of_float, -infinity_of_float}});
  const auto scores = seqpool::rerank_scores(two);
  const auto softmax = seqpool::softmax(two);
  STATIC_REQUIRE(std::is_same_v<std::remove_cv_t<decltype(scores)>, Eigen::Tensor<A, 1>>);
  for (Index b = 0; b < 5; ++b) CHECK(scores(b) == softmax(b, 1));
  CHECK((scores(0) == A(0.5) && scores(1) > A(0.9) && scores(2) < A(0.1) && scores(3) == 1 && scores(4) == 0));
}

TEMPLATE_TEST_CASE("rerank scores of large logits tie at 1, and not before", "[labels]", float, double) {
  const TestType last = std::is_same_v<TestType, float> ? 16 : 36;  // e^-x is half an eps at 16.6, and at 36.7
  Eigen::Tensor<TestType, 2> one(3, 1), two(3, 2);
  for (const Index b : {0, 1, 2}) {
    one(b, 0) = last + static_cast<TestType>(b);
    two(b, 0) = -5;
    two(b, 1) = one(b, 0) - 5;
  }
  for (const auto& logits : {one, two}) {
    const auto scores = seqpool::rerank_scores(logits);
    CHECK((scores(0) < 1 && scores(1) == 1 && scores(2) == 1));
  }
}

TEST_CASE("other logits than one or two have no rerank score", "[labels]") {
  for (const Index classes : {0, 3, 4}) {
    const Eigen::Tensor<float, 2> logits(2, classes);
    CHECK_THROWS_AS(seqpool::rerank_scores(logits), std::invalid_argument);
    CHECK_THROWS_WITH(seqpool::rerank_scores(logits), ct::has_substring("[2, " + std::to_string(classes) + "]") &&
                                                          ct::has_substring("its sigmoid") &&
                                                          ct::has_substring("the softmax's probability of class 1"));
  }
  CHECK(seqpool::rerank_scores(Eigen::Tensor<float, 2>(0, 2)).dimension(0) == 0);
  CHECK(seqpool::rerank_scores(Eigen::Tensor<float, 2>(0, 1)).dimension(0) == 0);
}

TEST_CASE("labels of null pointers are refused", "[labels]") {
  const float* const null = nullptr;
  const Eigen::TensorMap<Eigen::Tensor<const float, 2>> nowhere(null, 2, 2);
  CHECK_THROWS_WITH(seqpool::threshold(nowhere, 0.5), ct::has_substring("probabilities [2, 2] has a null pointer"));
  CHECK_THROWS_WITH(seqpool::top_k(nowhere, 1), ct::has_substring("probabilities [2, 2] has a null pointer"));
  CHECK_THROWS_WITH(seqpool::rerank_scores(nowhere), ct::has_substring("logits [2, 2] has a null pointer"));
  const Eigen::Map<const Eigen::VectorXf> no_thresholds(null, 2);
  CHECK_THROWS_WITH(seqpool::threshold(rows({{0, 1}}), no_thresholds), ct::has_substring("null pointer"));
}
