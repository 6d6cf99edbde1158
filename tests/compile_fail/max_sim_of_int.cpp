// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Integers are no query.
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::MaxSim pooling{Eigen::Tensor<int, 2>(3, 4)};
#else
  const seqpool::MaxSim pooling{Eigen::Tensor<float, 2>(3, 4)};
#endif
  static_cast<void>(pooling);
}
