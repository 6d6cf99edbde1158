// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// The mask comes after what it masks.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  Eigen::Tensor<bool, 2> mask(2, 3);
  mask.setConstant(true);
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(mask, x);
#else
  seqpool::mean_pool(x, mask);
#endif
}
