// SPDX-License-Identifier: MIT
#include <seqpool/head/linear.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"
#include "support/head_gradients.hpp"
#include "support/random.hpp"
#include "support/scalars.hpp"

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

TEMPLATE_TEST_CASE("linear is weight times x plus bias, within its bound", "[linear]", SEQPOOL_TEST_SCALARS) {
  using A = seqpool::accumulator_t<TestType>;
  const double eps = static_cast<double>(std::numeric_limits<A>::epsilon());
  for (const Index features : {1, 7, 31, 384}) {
    const auto weight = random_matrix<TestType>(5, features, 1);
    const auto bias = test::Random(2).values<TestType>(5);
    const auto x = random_matrix<A>(3, features, 3);
    const auto logits = seqpool::map(Linear(weight, bias), x);
    const auto without_bias = seqpool::map(Linear(weight), x);
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
        const double n = static_cast<double>(features);
        const double bound = (std::min(n, 256.0) / 2 + n / 512 + 4) * eps * size;
        CHECK(std::abs(static_cast<double>(logits(b, c)) - (exact + shift)) <= bound);
        CHECK(std::abs(static_cast<double>(without_bias(b, c)) - exact) <= bound);
      }
  }
}

TEST_CASE("weights come as tensors or matrices of either layout, biases as any vector", "[linear]") {
  const auto weight = random_matrix<float>(3, 4, 1);
  const std::vector<float> bias{1, 2, 3};
  const auto x = random_matrix<float>(2, 4, 2);
  const auto expected = seqpool::map(Linear(weight, bias), x);
  const auto column_major = random_matrix<float, Eigen::ColMajor>(3, 4, 1);
  Eigen::Matrix<float, 3, 4> matrix;
  for (int c = 0; c < 3; ++c)
    for (int f = 0; f < 4; ++f) matrix(c, f) = weight(c, f);
  Eigen::TensorFixedSize<float, Eigen::Sizes<3, 4>, Eigen::RowMajor> fixed;
  fixed = weight;
  const auto check = [&](const auto& head) {
    const auto logits = seqpool::map(head, x);
    for (Index i = 0; i < 6; ++i) CHECK(logits.data()[i] == expected.data()[i]);
    CHECK((head.out() == 3 && head.in() == 4));
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
                    ct::has_substring("bias is [4]") && ct::has_substring("[3, 4]") && ct::has_substring("transposed"));
  CHECK_THROWS_WITH(Linear(weight, std::vector<float>(5)),
                    ct::has_substring("bias is [5]") && ct::has_substring("bias must be [out]"));
  CHECK_THROWS_AS((Linear<float, 4, 4>(weight)), std::invalid_argument);
  CHECK_THROWS_WITH((Linear<float, 3, 5>(weight)), ct::has_substring("[3, 4]") && ct::has_substring("[3, 5]"));
  const auto head = Linear(weight);
  CHECK_THROWS_AS(seqpool::map(head, random_matrix<float>(2, 5, 2)), std::invalid_argument);
  CHECK_THROWS_WITH(
      seqpool::map(head, random_matrix<float>(2, 5, 2)),
      ct::has_substring("vectors of 5 features") && ct::has_substring("[3, 4]: input must be [batch, in]"));
  CHECK_THROWS_WITH(seqpool::map(head, random_matrix<float>(2, 3, 2)),
                    ct::has_substring("vectors of 3 features") && ct::has_substring("looks transposed"));
  CHECK_THROWS_WITH((Linear<float, 4, 3>(weight)), ct::has_substring("looks transposed"));
}

TEST_CASE("a Linear with sizes in its type and one without hold each other", "[linear]") {
  const Eigen::Matrix<float, 2, 3> weight{{1, 2, 3}, {4, 5, 6}};
  const Linear fixed{weight, std::array<float, 2>{10, 20}};
  const Linear<float> free = fixed;
  Eigen::Tensor<float, 2> x(1, 3);
  x.setValues({{1, 10, 100}});
  CHECK((seqpool::map(free, x)(0, 0) == 331 && seqpool::map(free, x)(0, 1) == 674));
  std::vector<Linear<float>> heads{fixed, free};
  heads.push_back(Linear{weight});
  CHECK(seqpool::map(heads[2], x)(0, 1) == 654);
  CHECK(seqpool::map(Linear<float, 2, 3>{free}, x)(0, 0) == 331);
  CHECK_THROWS_AS((Linear<float, 2, 4>{free}), std::invalid_argument);
  CHECK_THROWS_AS((Linear<float, 3, 3>{free}), std::invalid_argument);
}

TEST_CASE("a weight may be an expression, which is computed once; one without memory is refused", "[linear]") {
  const Eigen::MatrixXf a = Eigen::MatrixXf::Constant(3, 2, 2), b = Eigen::MatrixXf::Constant(2, 4, 3);
  const Linear head(a * b, a.col(0) + a.col(1));
  Eigen::Tensor<float, 2> x(1, 4);
  x.setConstant(1);
  CHECK(seqpool::map(head, x)(0, 2) == 52);
  int computed = 0;
  const auto counted = [&](float value) { return ++computed, value; };
  CHECK(seqpool::map(Linear(a * b.unaryExpr(counted), Eigen::Vector3f(1, 2, 3).unaryExpr(counted)), x)(0, 1) == 50);
  CHECK(computed == 11);
  using Weight = Eigen::TensorMap<const Eigen::Tensor<float, 2>>;
  using Bias = Eigen::TensorMap<const Eigen::Tensor<float, 1>>;
  CHECK_THROWS_AS(Linear(Weight(nullptr, 3, 4)), std::invalid_argument);
  CHECK_THROWS_AS(Linear(a, Bias(nullptr, 3)), std::invalid_argument);
  CHECK_NOTHROW(Linear(Weight(nullptr, 0, 4), Bias(nullptr, 0)));
}

TEST_CASE("a head is a value: copies keep their weights", "[linear]") {
  const auto x = random_matrix<float>(2, 4, 2);
  auto original = Linear(random_matrix<float>(3, 4, 1), std::vector<float>{1, 2, 3});
  const auto expected = seqpool::map(original, x);
  auto copy = original;
  original = Linear(random_matrix<float>(3, 4, 9));
  CHECK(seqpool::map(copy, x)(1, 2) == expected(1, 2));
  const auto moved = std::move(copy);
  CHECK(seqpool::map(moved, x)(1, 2) == expected(1, 2));
}

TEST_CASE("no rows, no features and no outputs are shapes like others", "[linear]") {
  CHECK(seqpool::map(Linear(random_matrix<float>(3, 4, 1)), random_matrix<float>(0, 4, 2)).dimension(0) == 0);
  const auto bias_only = Linear(Eigen::Tensor<float, 2>(2, 0), std::vector<float>{5, 6});
  CHECK(seqpool::map(bias_only, Eigen::Tensor<float, 2>(1, 0))(0, 1) == 6);
  const auto wide = Linear(Eigen::Tensor<float, 2>(70, 0), std::vector<float>(70, 5));
  CHECK(seqpool::map(wide, Eigen::Tensor<float, 2, Eigen::RowMajor>(2, 0))(1, 69) == 5);
  CHECK(seqpool::map(Linear(Eigen::Tensor<float, 2>(0, 4)), random_matrix<float>(2, 4, 2)).dimension(1) == 0);
}

TEST_CASE("a linear head's gradients are those of a matrix", "[linear][gradient]") {
  using Row = std::vector<double>;
  const Linear head{Eigen::MatrixXd(Eigen::Matrix2d{{1, 2}, {3, -4}}), Row{0.5, 1}};
  Row own(6, 1);
  CHECK(test::gone_back<double>(head, {5, 6}, {10, 100}, own) == Row{310, -380});
  CHECK(own == Row{51, 61, 501, 601, 11, 101});
}

TEST_CASE("a linear head takes other numbers as they are, with and without a bias", "[linear][parameters]") {
  for (const Index out : {2, 40}) {
    const auto numbers = test::exact_values<double>(out * 3 + out, 5);
    const std::span<const double> all(numbers);
    for (const bool has_bias : {true, false}) {
      const auto given = test::linear_of<float>(out, 3, 7, has_bias);
      const auto some = all.first(static_cast<std::size_t>(has_bias ? out * 4 : out * 3));
      const auto other = seqpool::with_parameters(given, some);
      const seqpool::ParameterVector found = seqpool::parameters(other);
      CHECK(std::ranges::equal(found.numbers(), some));
      CHECK(found.entries().size() == (has_bias ? 2 : 1));
    }
    const auto given = test::linear_of<float>(out, 3, 7);
    CHECK_THROWS_WITH(seqpool::with_parameters(given, all.first(3)), ct::has_substring("there are 3 numbers, but"));
  }
}
