// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Integers are no features.
int main() {
  const seqpool::Linear head{Eigen::MatrixXf(2, 4)};
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::map(head, Eigen::Tensor<int, 2>(2, 4)));
#else
  static_cast<void>(seqpool::map(head, Eigen::Tensor<float, 2>(2, 4)));
#endif
}
