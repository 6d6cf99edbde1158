// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  static_cast<void>(x);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::mean_pool(x, std::vector<unsigned char>(6)));
#else
  static_cast<void>(seqpool::mean_pool(x, Eigen::Tensor<bool, 2>(2, 3)));
#endif
}
