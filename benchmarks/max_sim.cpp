// SPDX-License-Identifier: MIT
// MaxSim, beside what an Eigen user writes: a product for each document, and the largest of each row or column.
#include "benchmarks.hpp"
#include "cases.hpp"

#include <seqpool/seqpool.hpp>

namespace bench {
namespace {

using MatrixXf = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using MatrixMap = Eigen::Map<const MatrixXf>;

auto our_max_sim(const Shape& shape, int threads) {
  return [=] {
    return [threads, x = states(shape), pooling = seqpool::MaxSim{query_tokens(shape.hidden)}] {
      return threads == 1 ? seqpool::pool(pooling, x) : seqpool::pool(pooling, x, two_threads());
    };
  };
}

// score(documents' tokens [seq, hidden], query [k, hidden], scratch) for each document.
template <class Score> auto eigens(const Shape& shape, int threads, Score score) {
  return [=] {
    return [=, x = states(shape), query = query_tokens(shape.hidden)] {
      Eigen::Tensor<float, 2, Eigen::RowMajor> result(shape.batch, Index{1});
      const MatrixMap q(query.data(), query.dimension(0), query.dimension(1));
      const auto documents = [&](Index first, Index last) {
        MatrixXf scratch;
        for (Index b = first; b < last; ++b)
          result(b, 0) = score(MatrixMap(&x(b, 0, 0), shape.seq, shape.hidden), q, scratch);
      };
      if (threads == 1)
        documents(0, shape.batch);
      else
        two_threads().parallelFor(shape.batch, Eigen::TensorOpCost(1e5, 0, 1e6), documents);
      return result;
    };
  };
}

}  // namespace

void add_max_sim(const Shape& shape, int threads) {
  const Case c{"max_sim", shape, threads};
  const Index bytes = bytes_of(c, sizeof(float));
  add(c, bytes, our_max_sim(shape, threads));
  const Case rows{"peer_eigen_max_sim_rows", shape, threads}, columns{"peer_eigen_max_sim_columns", shape, threads};
  add(rows, bytes,
      checked(rows,
              eigens(shape, threads,
                     [](const auto& x, const auto& q, MatrixXf& scores) {
                       scores.noalias() = q * x.transpose();
                       return scores.rowwise().maxCoeff().sum();
                     }),
              our_max_sim(shape, threads)));
  add(columns, bytes,
      checked(columns,
              eigens(shape, threads,
                     [](const auto& x, const auto& q, MatrixXf& scores) {
                       scores.noalias() = x * q.transpose();
                       return scores.colwise().maxCoeff().sum();
                     }),
              our_max_sim(shape, threads)));
}

}  // namespace bench
