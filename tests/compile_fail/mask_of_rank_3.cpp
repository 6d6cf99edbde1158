// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  static_cast<void>(x);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::mean_pool(x, Eigen::Tensor<int, 3>(2, 3, 1)));
#else
  static_cast<void>(seqpool::mean_pool(x, Eigen::Tensor<int, 2>(2, 3)));
#endif
}
