// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// One query is [hidden].
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  seqpool::attention_pool(x, Eigen::Tensor<float, 2>(1, 4));
#else
  seqpool::attention_pool(x, Eigen::Tensor<float, 1>(4));
#endif
}
