// SPDX-License-Identifier: MIT
#include <seqpool/detail/matrix.hpp>

#include "support/catch.hpp"

using seqpool::Index;
namespace detail = seqpool::detail;

TEST_CASE("sizes are known from the type where it states them, and from the object", "[matrix]") {
  STATIC_REQUIRE(detail::static_sizes<Eigen::Matrix<float, 2, 3>>() == std::array<Index, 2>{2, 3});
  STATIC_REQUIRE(detail::static_sizes<Eigen::MatrixXf>() == std::array<Index, 2>{Eigen::Dynamic, Eigen::Dynamic});
  STATIC_REQUIRE(detail::static_sizes<Eigen::TensorFixedSize<float, Eigen::Sizes<2, 3>>>() ==
                 std::array<Index, 2>{2, 3});
  STATIC_REQUIRE(detail::static_sizes<Eigen::Tensor<float, 2>>() ==
                 std::array<Index, 2>{Eigen::Dynamic, Eigen::Dynamic});
  CHECK(detail::run_time_sizes(Eigen::MatrixXf(4, 5)) == std::array<Index, 2>{4, 5});
  CHECK(detail::run_time_sizes(Eigen::Tensor<float, 2>(4, 5)) == std::array<Index, 2>{4, 5});
  STATIC_REQUIRE(detail::sizes_agree(3, 3));
  STATIC_REQUIRE(detail::sizes_agree(3, Eigen::Dynamic));
  STATIC_REQUIRE(!detail::sizes_agree(3, 4));
}
