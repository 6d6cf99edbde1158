// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A tensor of rank 1 that is no list of lengths.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  const Eigen::Tensor<bool, 1> mask(6);
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(x, mask);
#else
  seqpool::mean_pool(x, seqpool::AttentionMask(mask.data(), {2, 3}));
#endif
}
