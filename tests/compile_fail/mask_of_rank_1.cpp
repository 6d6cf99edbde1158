// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A tensor of rank 1 may be lengths.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  const Eigen::Tensor<int, 1> lengths(2);
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(x, lengths);
#else
  seqpool::mean_pool(x, seqpool::Lengths(lengths));
#endif
}
