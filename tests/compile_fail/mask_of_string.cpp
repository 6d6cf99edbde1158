// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <string>

// Nor is a token.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  const Eigen::Tensor<std::string, 2> mask(2, 3);
#else
  const Eigen::Tensor<float, 2> mask(2, 3);
#endif
  seqpool::mean_pool(x, mask);
}
