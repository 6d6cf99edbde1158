// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// One query token is [1, hidden].
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::MaxSim pooling{Eigen::Tensor<float, 1>(4)};
#else
  const seqpool::MaxSim pooling{Eigen::Tensor<float, 2>(1, 4)};
#endif
  static_cast<void>(pooling);
}
