// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  static_cast<void>(x);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::Linear(Eigen::MatrixXf(2, 4), Eigen::VectorXd(2)));
#else
  static_cast<void>(seqpool::Linear(Eigen::MatrixXf(2, 4), Eigen::VectorXf(2)));
#endif
}
