// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// An Eigen matrix is viewed as a tensor.
int main() {
  const Eigen::Tensor<float, 2> u(2, 4);
  Eigen::MatrixXf v(2, 4);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::pair_features(u, v));
#else
  static_cast<void>(seqpool::pair_features(u, Eigen::TensorMap<Eigen::Tensor<float, 2>>(v.data(), 2, 4)));
#endif
}
