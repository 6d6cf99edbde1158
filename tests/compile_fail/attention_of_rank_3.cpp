// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// The same of the pooling itself.
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::Attention pooling{Eigen::Tensor<float, 3>(1, 1, 4)};
#else
  const seqpool::Attention pooling{Eigen::Tensor<float, 1>(4)};
#endif
  static_cast<void>(pooling);
}
