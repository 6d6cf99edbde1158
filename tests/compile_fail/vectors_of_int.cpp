// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Vectors are of floating point.
int main() {
  const Eigen::Tensor<int, 2> u(2, 4);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::pair_features(u, u));
#else
  const Eigen::Tensor<float, 2> x = u.cast<float>();
  static_cast<void>(seqpool::pair_features(x, x));
#endif
}
