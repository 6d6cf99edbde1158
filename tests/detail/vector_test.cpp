// SPDX-License-Identifier: MIT
#include <seqpool/detail/vector.hpp>

#include <array>
#include <span>
#include <vector>

#include "support/catch.hpp"

namespace detail = seqpool::detail;

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
