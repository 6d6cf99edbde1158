// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/head/similarity.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/same_bits.hpp"
#include "support/scalars.hpp"

using seqpool::Index;
using seqpool::Similarity;

namespace {

const float inf = std::numeric_limits<float>::infinity();
const float not_a_number = std::numeric_limits<float>::quiet_NaN();

constexpr Similarity kinds[]{Similarity::cosine, Similarity::dot, Similarity::euclidean, Similarity::manhattan};

template <class T, int Layout = Eigen::RowMajor>
Eigen::Tensor<T, 2, Layout> vectors(Index n, Index features, std::uint64_t seed, double low = -1, double high = 1) {
  test::Random random(seed);
  Eigen::Tensor<T, 2, Layout> x(n, features);
  for (Index i = 0; i < n; ++i)
    for (Index f = 0; f < features; ++f) x(i, f) = static_cast<T>(random.between(low, high));
  return x;
}

template <class T> Eigen::Tensor<T, 2, Eigen::RowMajor> rows(const std::vector<std::vector<T>>& values) {
  Eigen::Tensor<T, 2, Eigen::RowMajor> x(static_cast<Index>(values.size()), static_cast<Index>(values[0].size()));
  for (Index i = 0; i < x.dimension(0); ++i)
    for (Index f = 0; f < x.dimension(1); ++f)
      x(i, f) = values[static_cast<std::size_t>(i)][static_cast<std::size_t>(f)];
  return x;
}

// The rows from `first` on, by value and in another layout if so asked.
template <int Layout, class X> auto part(const X& x, Index first, Index count) {
  Eigen::Tensor<typename X::Scalar, 2, Layout> y(count, x.dimension(1));
  for (Index i = 0; i < count; ++i)
    for (Index f = 0; f < x.dimension(1); ++f) y(i, f) = x(first + i, f);
  return y;
}

struct InSlabs {
  int threads;
  int numThreads() const { return threads; }
  void parallelFor(Eigen::Index n, const Eigen::TensorOpCost&,
                   const std::function<void(Eigen::Index, Eigen::Index)>& f) const {
    for (Eigen::Index i = n; i-- > 0;) f(i, i + 1);
  }
};

// What float64 gives, and how far off a result may be.
struct Expected {
  long double value;
  double bound;
};

template <class A, class X, class Y> Expected expected(Similarity kind, const X& a, Index i, const Y& b, Index j) {
  const auto n = static_cast<double>(a.dimension(1));
  const auto eps = static_cast<double>(std::numeric_limits<A>::epsilon());
  long double dot = 0, size = 0, squares = 0, sum = 0, aa = 0, bb = 0;
  for (Index f = 0; f < a.dimension(1); ++f) {
    const auto x = static_cast<long double>(seqpool::widen(a(i, f)));
    const auto y = static_cast<long double>(seqpool::widen(b(j, f)));
    dot += x * y, size += std::abs(x * y), aa += x * x, bb += y * y;
    squares += (x - y) * (x - y), sum += std::abs(x - y);
  }
  switch (kind) {
    case Similarity::cosine: {
      const auto lengths = std::sqrt(aa) * std::sqrt(bb);
      return {lengths == 0 ? 0 : dot / lengths, (std::min(n, 256.0) / 2 + n / 7 + 32) * eps};
    }
    case Similarity::dot:
      return {dot, (std::min(n, 256.0) / 2 + n / 512 + 4) * eps * static_cast<double>(size)};
    case Similarity::euclidean:
      return {-std::sqrt(squares),
              (std::min(n, 256.0) / 4 + n / 1024 + 4) * eps * static_cast<double>(std::sqrt(squares))};
    default:
      return {-sum, (std::min(n, 256.0) / 2 + n / 512 + 4) * eps * static_cast<double>(sum)};
  }
}

template <class X, class Y> void check(Similarity kind, const X& a, const Y& b) {
  using A = seqpool::accumulator_t<typename X::Scalar>;
  const auto result = seqpool::similarity(a, b, kind);
  REQUIRE((result.dimension(0) == a.dimension(0) && result.dimension(1) == b.dimension(0)));
  for (Index i = 0; i < a.dimension(0); ++i)
    for (Index j = 0; j < b.dimension(0); ++j) {
      const auto e = expected<A>(kind, a, i, b, j);
      INFO("kind " << static_cast<int>(kind) << " features " << a.dimension(1) << " [" << i << ", " << j << "] of "
                   << a.dimension(0) << " and " << b.dimension(0) << ": " << result(i, j));
      REQUIRE(std::abs(static_cast<double>(static_cast<long double>(result(i, j)) - e.value)) <= e.bound);
    }
}

}  // namespace

TEMPLATE_TEST_CASE("Guarantee 4: similarities are within their bounds, at every size", "[guarantees][similarity]",
                   SEQPOOL_TEST_SCALARS) {
  constexpr Index panel = seqpool::detail::Product<seqpool::accumulator_t<TestType>>::panel_outputs;
  for (const Similarity kind : kinds) {
    for (const Index features : {0, 1, 2, 15, 16, 17, 255, 256, 257, 768})
      for (const Index n : {1, 2, 7})
        for (const Index m : {Index{1}, Index{3}, panel, panel + 1})
          check(kind, vectors<TestType>(n, features, 1), vectors<TestType>(m, features, 2));
    check(kind, vectors<TestType>(3, 100, 3, 0, 1), vectors<TestType>(4 * panel + 1, 100, 4, 1, 2));
    check(kind, vectors<TestType>(5 * panel + 3, 33, 5), vectors<TestType>(9 * panel + 2, 33, 6));
    check(kind, vectors<TestType>(2 * panel, 5000, 5), vectors<TestType>(1, 5000, 6));
  }
}

TEMPLATE_TEST_CASE("Guarantee 2: a similarity's bits depend on its two vectors alone", "[guarantees][similarity]",
                   SEQPOOL_TEST_REALS) {
  constexpr Index panel = seqpool::detail::Product<TestType>::panel_outputs;
  Eigen::ThreadPool thread_pool(2);
  const Eigen::ThreadPoolDevice two(&thread_pool, 2);
  const Index most = 9 * panel + 5;
  for (const Index features : {83, 300})
    for (const Similarity kind : kinds) {
      const auto a = vectors<TestType>(most, features, 7);
      const auto b = vectors<TestType>(most, features, 8);
      const auto all = seqpool::similarity(a, b, kind);
      const auto agrees = [&](const auto& result, Index i, Index j) {
        for (Index r = 0; r < result.dimension(0); ++r)
          for (Index c = 0; c < result.dimension(1); ++c)
            if (!test::same_bits(result(r, c), all(i + r, j + c))) return false;
        return true;
      };
      for (const auto& [n, m] : std::vector<std::pair<Index, Index>>{{1, 1},
                                                                     {1, panel - 1},
                                                                     {1, panel},
                                                                     {7, panel + 1},
                                                                     {panel + 1, 7},
                                                                     {panel, 1},
                                                                     {2 * panel, panel - 1},
                                                                     {6, 4 * panel + 1},
                                                                     {4 * panel + 1, 3},
                                                                     {2, most},
                                                                     {most, 1},
                                                                     {most, most}}) {
        INFO("kind " << static_cast<int>(kind) << ", " << n << " and " << m << " of " << features);
        const Index i = most - n, j = (most - m) / 2;
        const auto x = part<Eigen::RowMajor>(a, i, n);
        const auto y = part<Eigen::RowMajor>(b, j, m);
        const auto x_by_features = part<Eigen::ColMajor>(a, i, n);
        const auto y_by_features = part<Eigen::ColMajor>(b, j, m);
        REQUIRE(agrees(seqpool::similarity(x, y, kind), i, j));
        REQUIRE(agrees(seqpool::similarity(x, y_by_features, kind), i, j));
        REQUIRE(agrees(seqpool::similarity(x_by_features, y, kind), i, j));
        REQUIRE(agrees(seqpool::similarity(x_by_features, y_by_features, kind, InSlabs{2}), i, j));
        REQUIRE(agrees(seqpool::similarity(x, y, kind, two), i, j));
        REQUIRE(agrees(seqpool::similarity(x, y, kind, InSlabs{5}), i, j));
        const auto other_way = seqpool::similarity(y, x, kind);
        for (Index r = 0; r < n; ++r)
          for (Index c = 0; c < m; ++c) REQUIRE(test::same_bits(other_way(c, r), all(i + r, j + c)));
      }
    }
}

TEMPLATE_TEST_CASE("Guarantee 2: a similarity's bits are the same where slabs of vectors are shared out",
                   "[guarantees][similarity]", SEQPOOL_TEST_REALS) {
  constexpr Index slab = 4 * seqpool::detail::Product<TestType>::panel_outputs;
  Eigen::ThreadPool thread_pool(2);
  const Eigen::ThreadPoolDevice two(&thread_pool, 2);
  for (const Index m : {4 * slab, 8 * slab, 8 * slab + 1, 17 * slab + 3})
    for (const Similarity kind : kinds) {
      const auto a = vectors<TestType>(3, 9, 12);
      const auto b = vectors<TestType>(m, 9, 13);
      const auto agrees = [&](const auto& result) {
        for (Index j = 0; j < m; ++j) {
          const auto alone = seqpool::similarity(a, part<Eigen::RowMajor>(b, j, 1), kind);
          for (Index i = 0; i < 3; ++i)
            if (!test::same_bits(result(i, j), alone(i, 0))) return false;
        }
        return true;
      };
      INFO("kind " << static_cast<int>(kind) << ", " << m << " vectors");
      CHECK(agrees(seqpool::similarity(a, b, kind)));
      CHECK(agrees(seqpool::similarity(a, b, kind, two)));
      CHECK(agrees(seqpool::similarity(part<Eigen::ColMajor>(a, 0, 3), b, kind, InSlabs{2})));
    }
}

TEST_CASE("a result is in a's layout and its accumulator, and each function has its own kind", "[similarity]") {
  const auto a = vectors<Eigen::half>(2, 5, 1);
  const auto b = vectors<float, Eigen::ColMajor>(3, 5, 2);
  const auto double_vectors = vectors<double, Eigen::ColMajor>(2, 5, 3);
  STATIC_REQUIRE(std::is_same_v<std::remove_cv_t<decltype(seqpool::cosine_similarity(a, b))>,
                                Eigen::Tensor<float, 2, Eigen::RowMajor>>);
  STATIC_REQUIRE(std::is_same_v<std::remove_cv_t<decltype(seqpool::dot_similarity(b, a))>, Eigen::Tensor<float, 2>>);
  STATIC_REQUIRE(
      std::is_same_v<std::remove_cv_t<decltype(seqpool::euclidean_similarity(double_vectors, double_vectors))>,
                     Eigen::Tensor<double, 2>>);
  const auto same = [](const auto& x, const auto& y) {
    for (Index i = 0; i < 2; ++i)
      for (Index j = 0; j < 3; ++j)
        if (!test::same_bits(x(i, j), y(i, j))) return false;
    return true;
  };
  CHECK(same(seqpool::cosine_similarity(a, b), seqpool::similarity(a, b, Similarity::cosine)));
  CHECK(same(seqpool::dot_similarity(a, b), seqpool::similarity(a, b, Similarity::dot)));
  CHECK(same(seqpool::euclidean_similarity(a, b, InSlabs{2}), seqpool::similarity(a, b, Similarity::euclidean)));
  CHECK(same(seqpool::manhattan_similarity(a, b), seqpool::similarity(a, b, Similarity::manhattan)));
  for (const Similarity kind : kinds) check(kind, a, b);
}

TEST_CASE("known similarities", "[similarity]") {
  const auto a = rows<float>({{3, 4}, {0, 0}});
  const auto b = rows<float>({{3, 4}, {-6, -8}, {4, -3}, {0, 0}});
  const auto is = [](const auto& result, Index i, const std::vector<float>& values) {
    for (Index j = 0; j < 4; ++j)
      if (!test::same_bits(result(i, j), values[static_cast<std::size_t>(j)])) return false;
    return true;
  };
  const auto cosine = seqpool::cosine_similarity(a, b);
  CHECK((cosine(0, 0) == ct::Approx(1) && cosine(0, 1) == ct::Approx(-1) && std::abs(cosine(0, 2)) < 1e-6f));
  CHECK((cosine(0, 3) == 0 && is(cosine, 1, {0, 0, 0, 0})));
  CHECK(is(seqpool::dot_similarity(a, b), 0, {25, -50, 0, 0}));
  CHECK(is(seqpool::euclidean_similarity(a, b), 0, {0, -15, -std::sqrt(50.0f), -5}));
  CHECK(is(seqpool::manhattan_similarity(a, b), 0, {0, -21, -8, -7}));
  CHECK(is(seqpool::manhattan_similarity(a, b), 1, {-7, -14, -7, 0}));
}

TEMPLATE_TEST_CASE("cosines are right whatever the vectors' scale", "[similarity]", SEQPOOL_TEST_REALS) {
  const auto most = std::numeric_limits<TestType>::max();
  const auto least = std::numeric_limits<TestType>::denorm_min();
  const auto eps = std::numeric_limits<TestType>::epsilon();
  for (const TestType scale : {most, most / 2, TestType(1), std::numeric_limits<TestType>::min(), least}) {
    Eigen::Tensor<TestType, 2, Eigen::RowMajor> a(1, 100), b(2, 100);
    a.setConstant(scale);
    b.setConstant(-scale);
    for (Index f = 0; f < 50; ++f) b(1, f) = scale;
    const auto cosine = seqpool::cosine_similarity(a, b);
    CHECK(std::abs(cosine(0, 0) + 1) <= 97 * eps);
    CHECK(std::abs(cosine(0, 1)) <= 97 * eps);
    CHECK(std::abs(seqpool::cosine_similarity(a, a)(0, 0) - 1) <= 97 * eps);
  }
}

TEMPLATE_TEST_CASE("no cosine is beyond 1, of equal and of opposite vectors too", "[similarity]", float, double,
                   Eigen::half, Eigen::bfloat16) {
  const Index n = 40;
  Index ends = 0;
  for (const Index features : {2, 3, 7, 16, 33, 100, 257, 384, 768, 1024}) {
    const auto x = vectors<TestType>(n, features, static_cast<std::uint64_t>(features));
    Eigen::Tensor<TestType, 2> opposite(n, features);
    for (Index i = 0; i < n; ++i)
      for (Index f = 0; f < features; ++f) opposite(i, f) = -x(i, f);
    const auto within = [&](const auto& a, const auto& b, double own) {
      for (const Index count : {n, Index{1}, Index{3}}) {
        const auto cosines = seqpool::cosine_similarity(a, part<Eigen::ColMajor>(b, 0, count));
        for (Index i = 0; i < n; ++i)
          for (Index j = 0; j < count; ++j) {
            const auto cosine = static_cast<double>(cosines(i, j));
            INFO("features " << features << " [" << i << ", " << j << "] of " << count << ": " << cosine);
            REQUIRE((cosine >= -1 && cosine <= 1 && !std::isnan(std::acos(cosine))));
            ends += cosine == own;
          }
      }
    };
    within(x, x, 1);
    within(x, opposite, -1);
    within(opposite, x, -1);
    within(opposite, opposite, 1);
  }
  CHECK(ends > 400);  // as many as are rounded to 1 or beyond it
}

TEST_CASE("distances of near vectors are as exact as others", "[similarity]") {
  auto a = vectors<float>(1, 768, 9, 1000, 2000);
  auto b = a;
  b(0, 500) = std::nextafter(b(0, 500), 3000.0f);
  const float apart = b(0, 500) - a(0, 500);
  CHECK(test::same_bits(seqpool::euclidean_similarity(a, b)(0, 0), -apart));
  CHECK(test::same_bits(seqpool::manhattan_similarity(a, b)(0, 0), -apart));
  CHECK(test::same_bits(seqpool::euclidean_similarity(a, a)(0, 0), 0.0f));
  CHECK(test::same_bits(seqpool::manhattan_similarity(a, a)(0, 0), 0.0f));
}

TEST_CASE("NaN and infinity stay in their row and column, and a NaN is the quiet one", "[similarity]") {
  for (const Similarity kind : kinds)
    for (const float strange : {not_a_number, -not_a_number, inf}) {
      auto a = vectors<float>(40, 20, 10);
      auto b = vectors<float>(70, 20, 11);
      const auto clean = seqpool::similarity(a, b, kind);
      a(3, 19) = strange;
      b(68, 0) = strange;
      const auto result = seqpool::similarity(a, b, kind);
      for (Index i = 0; i < 40; ++i)
        for (Index j = 0; j < 70; ++j) {
          INFO("kind " << static_cast<int>(kind) << " [" << i << ", " << j << "]");
          if (i != 3 && j != 68) REQUIRE(test::same_bits(result(i, j), clean(i, j)));
          if (i == 3 || j == 68) REQUIRE_FALSE(std::isfinite(result(i, j)));
          if (std::isnan(result(i, j))) REQUIRE(test::same_bits(result(i, j), not_a_number));
          if (std::isnan(strange) && (i == 3 || j == 68)) REQUIRE(std::isnan(result(i, j)));
        }
    }
}

TEST_CASE("no vectors and no features are no trouble; widths that differ are", "[similarity]") {
  const Eigen::Tensor<float, 2> none(0, 3), x(2, 3), other(4, 5), no_features(2, 0);
  const Eigen::Tensor<float, 2, Eigen::RowMajor> no_features_by_rows(40, 0);
  for (const Similarity kind : kinds) {
    CHECK(seqpool::similarity(none, x, kind).dimension(1) == 2);
    CHECK(seqpool::similarity(x, none, kind).dimension(0) == 2);
    const auto zeros = seqpool::similarity(no_features, no_features_by_rows, kind);
    const auto zeros_by_rows = seqpool::similarity(no_features_by_rows, no_features, kind);
    for (Index i = 0; i < 2; ++i)
      for (Index j = 0; j < 40; ++j)
        CHECK((test::same_bits(zeros(i, j), 0.0f) && test::same_bits(zeros_by_rows(j, i), 0.0f)));
    CHECK_THROWS_AS(seqpool::similarity(x, other, kind), std::invalid_argument);
    CHECK_THROWS_WITH(seqpool::similarity(x, other, kind),
                      ct::has_substring("a is [2, 3]") && ct::has_substring("b is [4, 5]"));
  }
  CHECK_THROWS_WITH(seqpool::similarity(none, other, Similarity::dot), ct::has_substring("a is [0, 3]"));
  CHECK_THROWS_WITH(seqpool::similarity(x, x, static_cast<Similarity>(4)),
                    ct::has_substring("Similarity::cosine, dot"));
  const float* const null = nullptr;
  const Eigen::TensorMap<Eigen::Tensor<const float, 2>> nowhere(null, 2, 3);
  CHECK_THROWS_WITH(seqpool::dot_similarity(x, nowhere), ct::has_substring("b [2, 3] has a null pointer"));
  CHECK_THROWS_WITH(seqpool::dot_similarity(nowhere, x), ct::has_substring("a [2, 3] has a null pointer"));
}

TEST_CASE("a similarity has its name in sentence-transformers", "[similarity]") {
  STATIC_REQUIRE(seqpool::name_of(seqpool::Similarity::cosine) == "cosine");
  STATIC_REQUIRE(seqpool::name_of(seqpool::Similarity::dot) == "dot");
  STATIC_REQUIRE(seqpool::name_of(seqpool::Similarity::euclidean) == "euclidean");
  STATIC_REQUIRE(seqpool::name_of(seqpool::Similarity::manhattan) == "manhattan");
  STATIC_REQUIRE(seqpool::name_of(static_cast<seqpool::Similarity>(4)).empty());
}
