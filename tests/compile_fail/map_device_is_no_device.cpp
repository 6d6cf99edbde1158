// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A number of threads is no device.
int main() {
  const Eigen::Tensor<float, 2> pooled(2, 4);
  const seqpool::Linear head{Eigen::MatrixXf(2, 4)};
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::map(head, pooled, 2u));
#else
  static_cast<void>(seqpool::map(head, pooled));
#endif
}
