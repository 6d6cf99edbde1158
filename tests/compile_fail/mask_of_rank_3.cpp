// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Masks that broadcast have a dimension of 1.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  const Eigen::Tensor<float, 3> mask(2, 1, 3);
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(x, mask);
#else
  seqpool::mean_pool(x, seqpool::AttentionMask(mask.data(), {2, 3}));
#endif
}
