// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<float, 2> query = Eigen::Tensor<float, 2>(1, 3).setZero();
  const Eigen::Tensor<float, 2> vectors = Eigen::Tensor<float, 2>(2, 3).setZero();
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::nearest(query, vectors, 2, seqpool::Similarity::dot, 4));
#else
  static_cast<void>(seqpool::nearest(query, vectors, 2, seqpool::Similarity::dot));
#endif
}
