// SPDX-License-Identifier: MIT
#include <seqpool/head/linear.hpp>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/random.hpp"

using seqpool::Index;
using seqpool::Linear;

namespace {

template <class T, int Layout = Eigen::RowMajor>
Eigen::Tensor<T, 2, Layout> random_matrix(Index rows, Index columns, std::uint64_t seed) {
  Eigen::Tensor<T, 2, Layout> x(rows, columns);
  test::Random random(seed);
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < columns; ++j) x(i, j) = static_cast<T>(random.between(-1, 1));
  return x;
}

}  // namespace

TEMPLATE_TEST_CASE("linear is weight times x plus bias, within its bound", "[linear]", float, double, Eigen::half,
                   Eigen::bfloat16) {
  using A = seqpool::accumulator_t<TestType>;
  const double eps = static_cast<double>(std::numeric_limits<A>::epsilon());
  for (const Index features : {1, 7, 384}) {
    const auto weight = random_matrix<TestType>(5, features, 1);
    const auto bias = test::Random(2).values<TestType>(5);
    const auto x = random_matrix<A>(3, features, 3);
    const auto logits = Linear(weight, bias)(x);
    const auto without_bias = Linear(weight)(x);
    STATIC_REQUIRE(std::is_same_v<std::remove_cv_t<decltype(logits)>, Eigen::Tensor<A, 2, Eigen::RowMajor>>);
    for (Index b = 0; b < 3; ++b)
      for (Index c = 0; c < 5; ++c) {
        const double shift = static_cast<double>(seqpool::widen(bias[static_cast<std::size_t>(c)]));
        double exact = 0;
        double size = std::abs(shift);
        for (Index f = 0; f < features; ++f) {
          const double product = static_cast<double>(seqpool::widen(weight(c, f))) * static_cast<double>(x(b, f));
          exact += product;
          size += std::abs(product);
        }
        const double bound = (static_cast<double>(features) / 8 + 35) * eps * size;
        CHECK(std::abs(static_cast<double>(logits(b, c)) - (exact + shift)) <= bound);
        CHECK(std::abs(static_cast<double>(without_bias(b, c)) - exact) <= bound);
      }
  }
}

TEMPLATE_TEST_CASE("Guarantee 2: a row's logits do not depend on the batch", "[guarantees][linear]", float, double) {
  for (const Index classes : {1, 2, 5, 16, 768})
    for (const Index features : {33, 768}) {
      const auto weight = random_matrix<TestType>(classes, features, 1);
      const auto bias = test::Random(2).values<TestType>(classes);
      const auto x = random_matrix<TestType>(64, features, 3);
      const Linear head(weight, bias);
      const auto all = head(x);
      for (const Index rows : {1, 2, 3, 7, 33}) {
        const Index first = 64 - rows;
        const Eigen::TensorMap<const Eigen::Tensor<TestType, 2, Eigen::RowMajor>> part(x.data() + first * features,
                                                                                       rows, features);
        const auto some = head(part);
        CHECK(std::memcmp(some.data(), all.data() + first * classes,
                          static_cast<std::size_t>(rows * classes) * sizeof(TestType)) == 0);
        const Eigen::Tensor<TestType, 2> column_major = part.swap_layout().shuffle(std::array<int, 2>{1, 0});
        const auto other = head(column_major);
        for (Index b = 0; b < rows; ++b)
          for (Index c = 0; c < classes; ++c) CHECK(other(b, c) == all(first + b, c));
      }
    }
}

TEST_CASE("weights come as tensors or matrices of either layout, biases as any vector", "[linear]") {
  const auto weight = random_matrix<float>(3, 4, 1);
  const std::vector<float> bias{1, 2, 3};
  const auto x = random_matrix<float>(2, 4, 2);
  const auto expected = Linear(weight, bias)(x);
  const auto column_major = random_matrix<float, Eigen::ColMajor>(3, 4, 1);
  Eigen::Matrix<float, 3, 4> matrix;
  for (int c = 0; c < 3; ++c)
    for (int f = 0; f < 4; ++f) matrix(c, f) = weight(c, f);
  Eigen::TensorFixedSize<float, Eigen::Sizes<3, 4>, Eigen::RowMajor> fixed;
  fixed = weight;
  const auto check = [&](const auto& head) {
    const auto logits = head(x);
    for (Index i = 0; i < 6; ++i) CHECK(logits.data()[i] == expected.data()[i]);
    CHECK(head.classes() == 3);
    CHECK(head.features() == 4);
  };
  check(Linear(column_major, bias));
  check(Linear(matrix, Eigen::Vector3f(1, 2, 3)));
  check(Linear(Eigen::MatrixXf(matrix), std::array<float, 3>{1, 2, 3}));
  check(Linear(fixed, bias));
  check(Linear<float, 3, 4>(weight, bias));
  check(Linear<float, 3>{matrix, bias});
  STATIC_REQUIRE(std::is_same_v<decltype(Linear(matrix, bias)), Linear<float, 3, 4>>);
  STATIC_REQUIRE(std::is_same_v<decltype(Linear(fixed)), Linear<float, 3, 4>>);
  STATIC_REQUIRE(std::is_same_v<decltype(Linear(weight)), Linear<float>>);
}

TEST_CASE("Guarantee 7: a head names the sizes that do not fit", "[guarantees][linear]") {
  const auto weight = random_matrix<float>(3, 4, 1);
  CHECK_THROWS_AS(Linear(weight, std::vector<float>(4)), std::invalid_argument);
  CHECK_THROWS_WITH(Linear(weight, std::vector<float>(4)),
                    ct::has_substring("bias is [4]") && ct::has_substring("[3, 4]"));
  CHECK_THROWS_AS((Linear<float, 4, 4>(weight)), std::invalid_argument);
  CHECK_THROWS_WITH((Linear<float, 3, 5>(weight)), ct::has_substring("[3, 4]") && ct::has_substring("[3, 5]"));
  const auto head = Linear(weight);
  CHECK_THROWS_AS(head(random_matrix<float>(2, 5, 2)), std::invalid_argument);
  CHECK_THROWS_WITH(head(random_matrix<float>(2, 5, 2)), ct::has_substring("[2, 5]") && ct::has_substring("[3, 4]"));
}

TEST_CASE("a head is a value: copies keep their weights", "[linear]") {
  const auto x = random_matrix<float>(2, 4, 2);
  auto original = Linear(random_matrix<float>(3, 4, 1), std::vector<float>{1, 2, 3});
  const auto expected = original(x);
  auto copy = original;
  original = Linear(random_matrix<float>(3, 4, 9));
  CHECK(copy(x)(1, 2) == expected(1, 2));
  const auto moved = std::move(copy);
  CHECK(moved(x)(1, 2) == expected(1, 2));
}

TEST_CASE("no rows, no features and no classes are shapes like others", "[linear]") {
  CHECK(Linear(random_matrix<float>(3, 4, 1))(random_matrix<float>(0, 4, 2)).dimension(0) == 0);
  const auto bias_only = Linear(Eigen::Tensor<float, 2>(2, 0), std::vector<float>{5, 6});
  CHECK(bias_only(Eigen::Tensor<float, 2>(1, 0))(0, 1) == 6);
  CHECK(Linear(Eigen::Tensor<float, 2>(0, 4))(random_matrix<float>(2, 4, 2)).dimension(1) == 0);
}
