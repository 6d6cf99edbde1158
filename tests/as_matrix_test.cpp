// SPDX-License-Identifier: MIT
#include <seqpool/as_matrix.hpp>

#include <seqpool/seqpool.hpp>
#include <type_traits>
#include <utility>

#include "support/catch.hpp"

TEST_CASE("a result is seen as a matrix of its layout, and may be written", "[as_matrix]") {
  Eigen::Tensor<float, 2, Eigen::RowMajor> rows(2, 3);
  rows.setValues({{1, 2, 3}, {4, 5, 6}});
  auto map = seqpool::as_matrix(rows);
  CHECK((map.rows() == 2 && map.cols() == 3));
  CHECK((map(0, 2) == 3 && map(1, 0) == 4));
  map(1, 0) = 40;
  CHECK(rows(1, 0) == 40);
  Eigen::Tensor<double, 2> columns(2, 3);
  columns.setValues({{1, 2, 3}, {40, 5, 6}});
  const auto other = seqpool::as_matrix(std::as_const(columns));
  CHECK((other(0, 2) == 3 && other(1, 0) == 40));
  CHECK(other.data() == columns.data());
  STATIC_REQUIRE(!std::is_assignable_v<decltype(other(0, 0)), double>);
  CHECK((seqpool::as_matrix(rows) * seqpool::as_matrix(rows).transpose())(0, 0) == 14);
}

TEST_CASE("of a temporary the matrix is its own, of a temporary map the map's", "[as_matrix]") {
  Eigen::Tensor<float, 3> x(2, 1, 3);
  x.setConstant(7);
  const auto kept = seqpool::as_matrix(seqpool::mean_pool(x));
  STATIC_REQUIRE(std::is_same_v<std::remove_cv_t<decltype(kept)>, Eigen::MatrixXf>);
  CHECK((kept.rows() == 2 && kept.cols() == 3 && kept(1, 2) == 7));
  float data[] = {1, 2, 3, 4};
  seqpool::as_matrix(Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>>(data, 2, 2))(0, 1) = 20;
  CHECK(data[1] == 20);
  const Eigen::TensorMap<const Eigen::Tensor<float, 2>> read(data, 2, 2);
  CHECK(seqpool::as_matrix(read)(0, 1) == 3);
}

TEST_CASE("no rows and one column are matrices like others; no memory is refused", "[as_matrix]") {
  Eigen::Tensor<float, 2, Eigen::RowMajor> none(0, 3);
  CHECK((seqpool::as_matrix(none).rows() == 0 && seqpool::as_matrix(none).cols() == 3));
  Eigen::Tensor<float, 2, Eigen::RowMajor> one(3, 1);
  one.setValues({{1}, {2}, {3}});
  CHECK(seqpool::as_matrix(one)(2, 0) == 3);
  const Eigen::TensorMap<const Eigen::Tensor<float, 2>> null(nullptr, 2, 2);
  CHECK_THROWS_AS(seqpool::as_matrix(null), std::invalid_argument);
}
