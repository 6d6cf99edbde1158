// SPDX-License-Identifier: MIT
// The linear head, beside what an Eigen user writes: a product of matrices, or by two threads a contraction.
#include "benchmarks.hpp"
#include "cases.hpp"

#include <seqpool/seqpool.hpp>

namespace bench {
namespace {

using Result = Eigen::Tensor<float, 2, Eigen::RowMajor>;

auto our_product(const Shape& shape, int threads) {
  return [=] {
    return [threads, x = rows_of(shape), head = seqpool::Linear{weight_of(shape), bias_of(shape)}] {
      return threads == 1 ? seqpool::map(head, x) : seqpool::map(head, x, two_threads());
    };
  };
}

auto eigens_product(const Shape& shape) {
  return [=] {
    return [x = rows_of(shape), weight = weight_of(shape), bias = bias_of(shape)] {
      Result result(x.dimension(0), weight.dimension(0));
      auto out = seqpool::as_matrix(result);
      out.noalias() = seqpool::as_matrix(x) * seqpool::as_matrix(weight).transpose();
      out.rowwise() += Eigen::Map<const Eigen::RowVectorXf>(bias.data(), static_cast<Index>(bias.size()));
      return result;
    };
  };
}

auto eigens_contraction(const Shape& shape) {
  return [=] {
    return [x = rows_of(shape), weight = weight_of(shape), bias = bias_of(shape)] {
      Result result(x.dimension(0), weight.dimension(0));
      result.device(two_threads()) = x.contract(weight, Eigen::array{Eigen::IndexPair<Index>(1, 1)});
      seqpool::as_matrix(result).rowwise() +=
          Eigen::Map<const Eigen::RowVectorXf>(bias.data(), static_cast<Index>(bias.size()));
      return result;
    };
  };
}

}  // namespace

void add_linear(const Shape& shape, int threads) {
  const Case c{"linear", shape, threads}, peer{"peer_eigen_linear", shape, threads};
  const Index bytes = shape.seq * shape.hidden * static_cast<Index>(sizeof(float));
  add(c, bytes, our_product(shape, threads));
  if (threads == 1)
    add(peer, bytes, checked(peer, eigens_product(shape), our_product(shape, threads)));
  else
    add(peer, bytes, checked(peer, eigens_contraction(shape), our_product(shape, threads)));
}

}  // namespace bench
