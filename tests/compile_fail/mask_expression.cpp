// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  static_cast<void>(x);
#ifdef SEQPOOL_FAIL
  const Eigen::Tensor<int, 2> mask(2, 3);
  static_cast<void>(seqpool::mean_pool(x, mask + mask));
#else
  const Eigen::Tensor<int, 2> mask(2, 3);
  static_cast<void>(seqpool::mean_pool(x, mask));
#endif
}
