// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A pair is computed in one type.
int main() {
  const Eigen::Tensor<float, 2> u(2, 4);
  const Eigen::Tensor<double, 2> v(2, 4);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::pair_features(u, v));
#else
  static_cast<void>(seqpool::pair_features(u, Eigen::Tensor<float, 2>(v.cast<float>())));
#endif
}
