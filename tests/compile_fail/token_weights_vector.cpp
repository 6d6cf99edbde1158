// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// Weights are [batch, seq].
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::TokenWeightedMean pooling{std::vector<float>(6)};
#else
  const seqpool::TokenWeightedMean pooling{Eigen::Tensor<float, 2>(2, 3)};
#endif
  static_cast<void>(pooling);
}
