// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Queries are [hidden] or [k, hidden].
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  seqpool::attention_pool(x, Eigen::Tensor<float, 3>(1, 1, 4));
#else
  seqpool::attention_pool(x, Eigen::Tensor<float, 1>(4));
#endif
}
