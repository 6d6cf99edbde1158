// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A query of the named scalar.
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::MaxSim<float> pooling{Eigen::Tensor<double, 2>(3, 4)};
#else
  const seqpool::MaxSim<float> pooling{Eigen::Tensor<float, 2>(3, 4)};
#endif
  static_cast<void>(pooling);
}
