// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// An Eigen matrix is no tensor, and column-major.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  const Eigen::MatrixXf mask(2, 3);
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(x, mask);
#else
  seqpool::mean_pool(x, seqpool::AttentionMask(mask.data(), {2, 3}, {1, 2}));
#endif
}
