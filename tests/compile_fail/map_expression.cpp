// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A head takes what lies in memory.
int main() {
  const Eigen::Tensor<float, 2> pooled(2, 4);
  const seqpool::Linear head{Eigen::MatrixXf(2, 4)};
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::map(head, pooled * 2.f));
#else
  const Eigen::Tensor<float, 2> twice = pooled * 2.f;
  static_cast<void>(seqpool::map(head, twice));
#endif
}
