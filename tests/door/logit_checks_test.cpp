// SPDX-License-Identifier: MIT
// What is lawful; what is not, and what is said of it, is in compile_fail.
#include <seqpool/door/logit_checks.hpp>

#include <array>
#include <seqpool/input/vectors.hpp>
#include <vector>

#include "support/catch.hpp"

namespace detail = seqpool::detail;

TEST_CASE("logits of any scalar and layout, and what one probability is compared with", "[logit_checks]") {
  STATIC_REQUIRE(detail::are_logits<Eigen::Tensor<Eigen::half, 2>>());
  STATIC_REQUIRE(detail::are_logits<Eigen::TensorMap<const Eigen::Tensor<double, 2, Eigen::RowMajor>>>());
  STATIC_REQUIRE(detail::are_logits<seqpool::Vectors<float>>());
  STATIC_REQUIRE(detail::is_threshold<int>());
  STATIC_REQUIRE(detail::is_threshold<Eigen::bfloat16>());
  STATIC_REQUIRE(detail::is_threshold<std::vector<float>>());
  STATIC_REQUIRE(detail::is_threshold<std::array<double, 3>>());
  STATIC_REQUIRE(!detail::ThresholdNumber<bool>);
}
