// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Weights are no counts.
int main() {
  const Eigen::Tensor<int, 2> weights(2, 3);
#ifdef SEQPOOL_FAIL
  const seqpool::TokenWeightedMean pooling{weights};
#else
  const seqpool::TokenWeightedMean pooling{Eigen::Tensor<float, 2>(weights.cast<float>())};
#endif
  static_cast<void>(pooling);
}
