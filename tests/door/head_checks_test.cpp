// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
// What is lawful; what is not, and what is said of it, is in compile_fail.
#include <seqpool/door/head_checks.hpp>

#include <seqpool/seqpool.hpp>

#include "support/catch.hpp"

namespace detail = seqpool::detail;

TEST_CASE("what a head maps, on what, and which sizes its type states", "[head_checks]") {
  STATIC_REQUIRE(detail::are_vectors<seqpool::Normalize, Eigen::Tensor<Eigen::half, 2>>());
  STATIC_REQUIRE(
      detail::are_vectors<seqpool::Normalize, Eigen::TensorMap<const Eigen::Tensor<double, 2, Eigen::RowMajor>>>());
  STATIC_REQUIRE(detail::are_vectors<seqpool::Normalize, seqpool::Vectors<double>>());
  STATIC_REQUIRE(detail::is_head<true, true>());

  using Fixed = seqpool::Linear<float, 3, 4>;
  using Free = seqpool::Linear<float>;
  STATIC_REQUIRE(detail::sizes_of_head<Fixed>().features == 4);
  STATIC_REQUIRE(detail::sizes_of_head<Fixed>().width == 3);
  STATIC_REQUIRE(detail::sizes_of_head<Free>().features == Eigen::Dynamic);
  STATIC_REQUIRE(detail::sizes_of_head<seqpool::Normalize>().width == Eigen::Dynamic);
  STATIC_REQUIRE(detail::sizes_of_heads<Fixed, Free>().features == 4);
  STATIC_REQUIRE(detail::sizes_of_heads<Free, Fixed>().width == 3);
  STATIC_REQUIRE(detail::sizes_of_heads<>().features == Eigen::Dynamic);
  STATIC_REQUIRE(detail::sizes_of_heads<>().width == Eigen::Dynamic);
  using Two = Eigen::TensorFixedSize<float, Eigen::Sizes<2, 4>>;
  STATIC_REQUIRE(detail::is_mapped<Fixed, Two, seqpool::CallingThread>());
  STATIC_REQUIRE(detail::is_mapped<Free, Two, Eigen::ThreadPoolDevice>());
  STATIC_REQUIRE(detail::is_mapped<Fixed, Eigen::Tensor<float, 2>, seqpool::CallingThread>());

  using Next = seqpool::Linear<float, 5, 3>;
  STATIC_REQUIRE(detail::heads_fit<>());
  STATIC_REQUIRE(detail::heads_fit<Fixed>());
  STATIC_REQUIRE(detail::heads_fit<Fixed, Next>());
  STATIC_REQUIRE(detail::heads_fit<Free, Next, Free>());
  STATIC_REQUIRE(!detail::heads_fit<Fixed, Fixed>());
  STATIC_REQUIRE(!detail::heads_fit<Free, Fixed, Fixed>());
}
