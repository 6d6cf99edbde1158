// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// Thresholds of classes are of floating point.
int main() {
  const Eigen::Tensor<float, 2> probabilities(2, 2);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::threshold(probabilities, std::vector<int>{0, 1}));
#else
  static_cast<void>(seqpool::threshold(probabilities, std::vector<float>{0, 1}));
#endif
}
