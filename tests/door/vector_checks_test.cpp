// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
// What is lawful; what is not, and what is said of it, is in compile_fail.
#include <seqpool/door/vector_checks.hpp>

#include <seqpool/input/vectors.hpp>

#include "support/catch.hpp"

namespace detail = seqpool::detail;

TEST_CASE("what functions of vectors take, two of them together, and on what", "[vector_checks]") {
  using Map = Eigen::TensorMap<const Eigen::Tensor<double, 2, Eigen::RowMajor>>;
  STATIC_REQUIRE(detail::are_plain_vectors<Eigen::Tensor<Eigen::half, 2>>());
  STATIC_REQUIRE(detail::are_plain_vectors<Map>());
  STATIC_REQUIRE(detail::are_plain_vectors<Eigen::TensorMap<Eigen::Tensor<const float, 2>>>());
  STATIC_REQUIRE(detail::are_plain_vectors<Eigen::TensorFixedSize<float, Eigen::Sizes<2, 3>>>());
  STATIC_REQUIRE(detail::are_plain_vectors<seqpool::Vectors<Eigen::bfloat16>>());
  STATIC_REQUIRE(detail::are_two_vectors<seqpool::Vectors<Eigen::half>, Eigen::Tensor<float, 2>>());
  STATIC_REQUIRE(detail::are_two_vectors<Eigen::Tensor<Eigen::half, 2>, Eigen::Tensor<float, 2, Eigen::RowMajor>>());
  STATIC_REQUIRE(detail::are_two_vectors<Eigen::Tensor<double, 2>, Map>());
  STATIC_REQUIRE(detail::is_device_at_the_end<Eigen::ThreadPoolDevice>());
  STATIC_REQUIRE(detail::is_device_at_the_end<seqpool::CallingThread>());
}
