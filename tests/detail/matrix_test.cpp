// SPDX-License-Identifier: MIT
#include <seqpool/detail/matrix.hpp>

#include <array>
#include <vector>

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

TEST_CASE("a matrix's numbers are copied row by row, of any layout and scalar", "[matrix]") {
  const Eigen::Matrix<Eigen::half, 2, 3> matrix = Eigen::MatrixXf{{1, 2, 3}, {4, 5, 6}}.cast<Eigen::half>();
  const std::vector<float> expected{1, 2, 3, 4, 5, 6};
  const auto check = [&](const auto& x) {
    const auto numbers = detail::widened_matrix(x, "x");
    CHECK((numbers.rows == 2 && numbers.columns == 3));
    CHECK(std::vector<float>(numbers.values.begin(), numbers.values.end()) == expected);
  };
  check(matrix);
  check(matrix.cast<float>());
  const Eigen::Matrix<float, 2, 3, Eigen::RowMajor> row_major = matrix.cast<float>();
  check(Eigen::TensorMap<const Eigen::Tensor<float, 2, Eigen::RowMajor>>(row_major.data(), 2, 3));
  const Eigen::TensorMap<const Eigen::Tensor<float, 2>> null(nullptr, 2, 3);
  CHECK_THROWS_WITH(detail::widened_matrix(null, "x"), ct::has_substring("x [2, 3] has a null pointer"));
}

namespace detail = seqpool::detail;

TEST_CASE("rows that lie side by side are taken where they are, others are copied", "[side_by_side]") {
  const std::vector<float> x{1, 2, 3, 4, 5, 6};
  detail::AlignedVector<float> room;
  const detail::MatrixView<const float> by_rows{x.data(), 2, 3, 3, 1}, by_columns{x.data(), 2, 3, 1, 2};
  CHECK(detail::side_by_side<float>(by_rows, room).data == x.data());
  float mine[]{1, 2};
  CHECK(detail::side_by_side<float>(detail::MatrixView<float>{mine, 1, 2, 2, 1}, room).data == mine);
  const auto copied = detail::side_by_side<float>(by_columns, room);
  CHECK(copied.data == room.data());
  CHECK((copied.row_stride == 3 && copied.column_stride == 1));
  CHECK(std::vector<float>(room.begin(), room.end()) == std::vector<float>{1, 3, 5, 2, 4, 6});
  const Eigen::half half[]{Eigen::half(7.0f)};
  CHECK(detail::side_by_side<float>(detail::MatrixView<const Eigen::half>{half, 1, 1, 1, 1}, room)(0, 0) == 7);
}
