// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
// What is lawful; what is not, and what is said of it, is in compile_fail.
#include <seqpool/door/argument_checks.hpp>

#include <seqpool/seqpool.hpp>

#include "support/catch.hpp"

using seqpool::AllTokens;
using seqpool::CallingThread;
using seqpool::Mean;
namespace detail = seqpool::detail;

TEST_CASE("every kind of argument is lawful in its place", "[argument_checks]") {
  using Tensor = Eigen::Tensor<float, 3>;
  using Packed = seqpool::PackedStates<double>;
  using Mask = Eigen::Tensor<int, 2>;
  using Device = Eigen::ThreadPoolDevice;
  STATIC_REQUIRE(detail::are_arguments<Mean, Tensor, AllTokens, CallingThread>());
  STATIC_REQUIRE(detail::are_arguments<Mean, Eigen::TensorMap<const Tensor>, Mask, Device>());
  STATIC_REQUIRE(detail::are_arguments<Mean, Tensor, Device, CallingThread>());
  STATIC_REQUIRE(detail::are_arguments<Mean, seqpool::HiddenStates<Eigen::half>, seqpool::Lengths, Device>());
  STATIC_REQUIRE(detail::are_arguments<seqpool::Attention<double>, Packed, seqpool::Spans, Device>());
  STATIC_REQUIRE(detail::is_result<Mask&, int>());
  STATIC_REQUIRE(detail::is_result<Eigen::TensorMap<Mask>, int>());
}
