// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/seqpool.hpp>

// A thread pool is no device; one is made of it.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  Eigen::Tensor<bool, 2> mask(2, 3);
  mask.setConstant(true);
  Eigen::ThreadPool threads(1);
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(x, mask, threads);
#else
  seqpool::mean_pool(x, mask, Eigen::ThreadPoolDevice(&threads, 1));
#endif
}
