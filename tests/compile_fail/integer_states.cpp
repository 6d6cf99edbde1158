// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Integers are no hidden states.
int main() {
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(Eigen::Tensor<int, 3>(2, 3, 4));
#else
  seqpool::mean_pool(Eigen::Tensor<double, 3>(2, 3, 4));
#endif
}
