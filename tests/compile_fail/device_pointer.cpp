// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/seqpool.hpp>

// A device is passed by reference.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  Eigen::ThreadPool threads(1);
  const Eigen::ThreadPoolDevice device(&threads, 1);
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(x, &device);
#else
  seqpool::mean_pool(x, device);
#endif
}
