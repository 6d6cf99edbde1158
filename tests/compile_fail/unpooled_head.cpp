// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A head does not take what has not been pooled.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  const seqpool::Linear head{Eigen::MatrixXf(2, 4)};
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::map(head, x));
#else
  static_cast<void>(seqpool::map(head, seqpool::mean_pool(x)));
#endif
}
