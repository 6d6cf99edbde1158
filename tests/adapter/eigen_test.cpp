// SPDX-License-Identifier: MIT
#include <seqpool/adapter/eigen.hpp>
#include <seqpool/pooling/mean.hpp>

#include <concepts>

#include "support/catch.hpp"

namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

static_assert(seqpool::adapter::EigenMatrix<const Eigen::MatrixXf&> && !seqpool::adapter::EigenMatrix<float>);
static_assert(!seqpool::adapter::EigenMatrix<Eigen::Tensor<float, 3>&>);

// The mean over the tokens [seq, hidden], as Eigen computes it.
template <class M> bool means(const M& tokens) {
  const auto x = seqpool::adapter::hidden_states(tokens);
  const RowMajor mean = tokens.template cast<float>().colwise().mean();
  return x.batch() == 1 && x.seq() == tokens.rows() && x.hidden() == tokens.cols() && x.token(0, 0) == tokens.data() &&
         seqpool::as_matrix(seqpool::mean_pool(x)).template cast<float>() == mean;
}

}  // namespace

TEST_CASE("one sequence of an Eigen matrix, in either storage order", "[adapter]") {
  const Eigen::MatrixXf columns{{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}};
  const RowMajor rows = columns;
  static_assert(std::same_as<decltype(seqpool::adapter::hidden_states(rows)), seqpool::HiddenStates<float>>);
  CHECK(means(columns));
  CHECK(means(rows));
  CHECK(means(Eigen::Matrix3d{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}));
  CHECK(means(Eigen::Matrix<Eigen::half, 2, 2>{{Eigen::half(1), Eigen::half(2)}, {Eigen::half(3), Eigen::half(4)}}));
  CHECK(means(Eigen::ArrayXXf(columns)));
  CHECK(means(Eigen::RowVector3f(1, 2, 3)));
  CHECK(means(Eigen::Vector3f(1, 2, 3)));
}

TEST_CASE("a part of an Eigen matrix is seen by its strides", "[adapter]") {
  Eigen::MatrixXf columns{{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}};
  RowMajor rows = columns;
  CHECK(means(columns.block(1, 1, 2, 3)));
  CHECK(means(rows.block(1, 1, 2, 3)));
  CHECK(means(rows.middleRows(1, 2)));
  CHECK(means(columns.transpose()));
  CHECK(means(rows.row(1)));
  CHECK(means(columns.row(1)));
  const Eigen::Map<const RowMajor, 0, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>> map(rows.data(), 2, 2, {8, 2});
  CHECK(means(map));
  CHECK(means(Eigen::Ref<RowMajor>(rows)));
  const Eigen::Ref<const Eigen::MatrixXf, 0, Eigen::OuterStride<>> ref(columns.topRows(2));
  CHECK(means(ref));

  // What owns no memory may be a temporary.
  CHECK(seqpool::adapter::hidden_states(rows.block(1, 1, 2, 3)).token(0, 1) == &rows(2, 1));
  CHECK(seqpool::adapter::hidden_states(Eigen::Map<RowMajor>(rows.data(), 3, 4)).token(0, 2) == &rows(2, 0));
  CHECK(seqpool::adapter::hidden_states(Eigen::Ref<RowMajor>(rows)).token(0, 2) == &rows(2, 0));
}

TEST_CASE("an Eigen matrix without tokens gives zeros", "[adapter]") {
  const RowMajor none(0, 4);
  const auto pooled = seqpool::mean_pool(seqpool::adapter::hidden_states(none));
  CHECK(pooled.dimension(0) == 1);
  CHECK(pooled(0, 3) == 0.0f);
}
