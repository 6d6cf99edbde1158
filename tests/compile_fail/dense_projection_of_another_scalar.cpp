// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// One head has weights of one scalar.
int main() {
  const seqpool::Linear linear{Eigen::MatrixXf(2, 4)};
#ifdef SEQPOOL_FAIL
  const seqpool::Linear projection{Eigen::MatrixXd(2, 4)};
#else
  const seqpool::Linear projection{Eigen::MatrixXf(2, 4)};
#endif
  static_cast<void>(seqpool::Dense{linear, seqpool::Activation::tanh, projection});
}
