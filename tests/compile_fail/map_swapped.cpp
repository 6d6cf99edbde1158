// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// First the head, then the vectors.
int main() {
  const Eigen::Tensor<float, 2> pooled(2, 4);
  const seqpool::Linear head{Eigen::MatrixXf(2, 4)};
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::map(pooled, head));
#else
  static_cast<void>(seqpool::map(head, pooled));
#endif
}
