// SPDX-License-Identifier: MIT
// Similarities of all pairs of vectors; a [rows, features] and b [outputs, features] lie where a product's parts do.
#include "benchmarks.hpp"
#include "cases.hpp"

#include <seqpool/seqpool.hpp>

namespace bench {
namespace {

auto ours(const Shape& shape, int threads, seqpool::Similarity kind) {
  return [=] {
    return [threads, kind, a = rows_of(shape), b = weight_of(shape)] {
      return threads == 1 ? seqpool::similarity(a, b, kind) : seqpool::similarity(a, b, kind, two_threads());
    };
  };
}

auto eigens_cosines(const Shape& shape) {
  return [=] {
    return [a = rows_of(shape), b = weight_of(shape)] {
      Eigen::Tensor<float, 2, Eigen::RowMajor> result(a.dimension(0), b.dimension(0));
      const auto x = seqpool::as_matrix(a), y = seqpool::as_matrix(b);
      const auto lengths = [](const auto& m) { return m.rowwise().norm().cwiseMax(1e-12f).eval(); };
      auto out = seqpool::as_matrix(result);
      out.noalias() = x * y.transpose();
      out.array().colwise() /= lengths(x).array();
      out.array().rowwise() /= lengths(y).transpose().array();
      return result;
    };
  };
}

}  // namespace

void add_similarities(const Shape& shape, int threads) {
  const Index bytes = (shape.batch + shape.seq) * shape.hidden * static_cast<Index>(sizeof(float));
  const auto cosine = ours(shape, threads, seqpool::Similarity::cosine);
  add({"cosine", shape, threads}, bytes, cosine);
  if (const Case peer{"peer_eigen_cosine", shape, threads}; threads == 1)
    add(peer, bytes, checked(peer, eigens_cosines(shape), cosine));
  add({"euclidean", shape, threads}, bytes, ours(shape, threads, seqpool::Similarity::euclidean));
  add({"manhattan", shape, threads}, bytes, ours(shape, threads, seqpool::Similarity::manhattan));
}

}  // namespace bench
