// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<float, 3> x = Eigen::Tensor<float, 3>(1, 2, 3).setZero();
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::pool(seqpool::pooling_named("mean"), x));
#else
  static_cast<void>(seqpool::pool(seqpool::pooling_named<float>("mean"), x));
#endif
}
