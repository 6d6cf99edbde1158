// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/seqpool.hpp>

// The device is the last argument.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  Eigen::Tensor<bool, 2> mask(2, 3);
  Eigen::ThreadPool pool(1);
  const Eigen::ThreadPoolDevice device(&pool, 1);
  mask.setConstant(true);
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(x, device, mask);
#else
  seqpool::mean_pool(x, mask, device);
#endif
}
