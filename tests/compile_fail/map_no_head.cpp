// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A weight is no head.
int main() {
  const Eigen::Tensor<float, 2> pooled(2, 4);
  const Eigen::MatrixXf weight(2, 4);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::map(weight, pooled));
#else
  static_cast<void>(seqpool::map(seqpool::Linear{weight}, pooled));
#endif
}
