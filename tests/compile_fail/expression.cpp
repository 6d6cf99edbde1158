// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// An expression has no memory to view.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(x * 2.0f);
#else
  seqpool::mean_pool(Eigen::Tensor<float, 3>(x * 2.0f));
#endif
}
