// SPDX-License-Identifier: MIT
#include <seqpool/detail/tensor.hpp>

#include "support/catch.hpp"

using seqpool::Index;
namespace detail = seqpool::detail;

TEST_CASE("tensors with memory are told from expressions", "[tensor]") {
  using Plain = Eigen::Tensor<float, 3>;
  const Plain x(1, 2, 3);
  STATIC_REQUIRE(detail::EigenTensorOfRank<Plain, 3>);
  STATIC_REQUIRE(!detail::EigenTensorOfRank<Plain, 2>);
  STATIC_REQUIRE(detail::EigenTensorOfRank<Eigen::TensorMap<const Plain>, 3>);
  STATIC_REQUIRE(detail::EigenTensorOfRank<Eigen::TensorFixedSize<float, Eigen::Sizes<2, 3>>, 2>);
  STATIC_REQUIRE(!detail::EigenTensor<decltype(x * 2.0f)>);
  STATIC_REQUIRE(!detail::EigenTensor<Eigen::MatrixXf>);
}

TEST_CASE("matrix_view finds every element in either layout", "[tensor]") {
  Eigen::Tensor<int, 2> column_major(3, 4);
  Eigen::Tensor<int, 2, Eigen::RowMajor, int> row_major(3, 4);
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 4; ++j) column_major(i, j) = row_major(i, j) = 10 * i + j;
  const auto a = detail::matrix_view(column_major);
  const auto b = detail::matrix_view(row_major);
  CHECK(a.rows == 3);
  CHECK(a.columns == 4);
  for (Index i = 0; i < 3; ++i)
    for (Index j = 0; j < 4; ++j) {
      CHECK(a(i, j) == 10 * i + j);
      CHECK(b(i, j) == 10 * i + j);
    }
  CHECK(b.column_stride == 1);
  CHECK(a.row_stride == 1);
}
