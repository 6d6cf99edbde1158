// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// An expression has no memory to view.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  const Eigen::Tensor<int, 2> ids(2, 3);
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(x, ids != 0);
#else
  const Eigen::Tensor<bool, 2> mask = ids != 0;
  seqpool::mean_pool(x, mask);
#endif
}
