// SPDX-License-Identifier: MIT
#include <seqpool/detail/tensor.hpp>

#include <seqpool/input/vectors.hpp>
#include <type_traits>
#include <vector>

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
  STATIC_REQUIRE(!detail::EigenTensor<Eigen::TensorRef<Plain>>);
  STATIC_REQUIRE(!detail::EigenTensor<Eigen::TensorRef<const Plain>>);
}

TEST_CASE("matrix_view finds every element in either layout", "[tensor]") {
  Eigen::Tensor<int, 2> column_major(3, 4);
  Eigen::Tensor<int, 2, Eigen::RowMajor, int> row_major(3, 4);
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 4; ++j) column_major(i, j) = row_major(i, j) = 10 * i + j;
  const auto a = detail::matrix_view(column_major, "x");
  const auto b = detail::matrix_view(row_major, "x");
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

TEST_CASE("a view of vectors is told from tensors, and is row-major", "[tensor]") {
  STATIC_REQUIRE(detail::ViewOfVectors<seqpool::Vectors<Eigen::half>>);
  STATIC_REQUIRE(!detail::ViewOfVectors<Eigen::Tensor<float, 2>>);
  STATIC_REQUIRE(!detail::ViewOfVectors<std::vector<const float*>>);
  STATIC_REQUIRE(detail::VectorsArgument<Eigen::Tensor<float, 2>>);
  STATIC_REQUIRE(!detail::VectorsArgument<Eigen::Tensor<float, 3>>);
  STATIC_REQUIRE(!detail::ScalarVectors<Eigen::Tensor<int, 2>>);
  STATIC_REQUIRE(std::is_same_v<detail::element_t<seqpool::Vectors<Eigen::half>>, Eigen::half>);
  STATIC_REQUIRE(detail::is_row_major<seqpool::Vectors<float>>);
  STATIC_REQUIRE(!detail::is_row_major<Eigen::Tensor<float, 2>>);
  const float data[]{1, 2, 3, 4, 5, 6, 7};
  const auto view = detail::matrix_view(seqpool::Vectors(data, {2, 3}, {4, 1}), "x");
  CHECK((view.rows == 2 && view.columns == 3 && view(0, 2) == 3 && view(1, 0) == 5 && view(1, 2) == 7));
}

TEST_CASE("matrix_view refuses a null pointer to an element, and says whose", "[tensor]") {
  const Eigen::TensorMap<const Eigen::Tensor<int, 2>> null(nullptr, 2, 3);
  CHECK_THROWS_WITH(detail::matrix_view(null, "logits"), "seqpool: logits [2, 3] has a null pointer");
  const Eigen::TensorMap<const Eigen::Tensor<int, 2>> empty(nullptr, 2, 0);
  CHECK_NOTHROW(detail::matrix_view(empty, "logits"));
}

TEST_CASE("a result that its index type cannot count is refused", "[tensor]") {
  using Narrow = Eigen::Tensor<float, 3, Eigen::RowMajor, short>;
  CHECK(detail::make_result<Narrow, float>(Index{32}, Index{1000}).size() == 32000);
  CHECK_THROWS_WITH((detail::make_result<Narrow, float>(Index{33}, Index{1000})),
                    ct::has_substring("[33, 1000] is too large"));
  CHECK_THROWS_WITH((detail::make_result<Narrow, float>(Index{0}, Index{40000})), ct::has_substring("too large"));
  CHECK_THROWS_WITH((detail::make_result<int, float>(Index{1} << 40, Index{1} << 40)), ct::has_substring("memory"));
  CHECK(detail::make_result<int, float>(Index{2}, Index{3}).dimension(1) == 3);
}
