// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Hidden states are no matrix.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::as_matrix(x));
#else
  static_cast<void>(seqpool::as_matrix(seqpool::mean_pool(x)));
#endif
}
