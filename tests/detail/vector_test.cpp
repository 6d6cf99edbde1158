// SPDX-License-Identifier: MIT
#include <seqpool/detail/vector.hpp>

#include <array>
#include <span>
#include <vector>

#include "support/catch.hpp"

namespace detail = seqpool::detail;

TEST_CASE("a vector without memory for its elements is refused", "[vector]") {
  using Map = Eigen::TensorMap<const Eigen::Tensor<float, 1>>;
  CHECK_THROWS_WITH(detail::widened(Map(nullptr, 2)), ct::has_substring("a vector of 2 elements has a null pointer"));
  CHECK(detail::widened(Map(nullptr, 0)).empty());
  CHECK_THROWS_AS(detail::widened(Eigen::Map<const Eigen::VectorXf>(nullptr, 2)), std::invalid_argument);
}

TEST_CASE("a vector that is an expression is computed first", "[vector]") {
  int computed = 0;
  const auto counted = [&](float value) { return ++computed, 2 * value; };
  CHECK(detail::widened(Eigen::Vector3f(1, 2, 3).unaryExpr(counted)) == detail::AlignedVector<float>{2, 4, 6});
  CHECK(computed == 3);
}

TEST_CASE("a vector parameter may be a tensor, an Eigen vector of any stride, or a range", "[vector]") {
  const detail::AlignedVector<float> expected{1, 2, 3};
  Eigen::Tensor<float, 1> tensor(3);
  tensor.setValues({1, 2, 3});
  CHECK(detail::widened(tensor) == expected);
  CHECK(detail::widened(Eigen::TensorMap<const Eigen::Tensor<float, 1>>(tensor.data(), 3)) == expected);
  CHECK(detail::widened(Eigen::Vector3f(1, 2, 3)) == expected);
  Eigen::MatrixXf matrix(2, 3);
  matrix << 9, 9, 9, 1, 2, 3;
  CHECK(detail::widened(matrix.row(1)) == expected);  // its elements are two apart
  CHECK(detail::widened(std::vector<float>{1, 2, 3}) == expected);
  const std::array<Eigen::half, 3> halves{Eigen::half(1), Eigen::half(2), Eigen::half(3)};
  CHECK(detail::widened(std::span(halves)) == expected);
  STATIC_REQUIRE(!detail::VectorLike<Eigen::MatrixXf>);
  STATIC_REQUIRE(!detail::VectorLike<Eigen::Tensor<float, 2>>);
}
