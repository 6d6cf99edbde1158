// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>
#include <vector>

int main() {
#ifdef SEQPOOL_FAIL
  const std::vector<float> targets{0, 1};
#else
  Eigen::Tensor<float, 2> targets(2, 1);
  targets.setConstant(1);
#endif
  static_cast<void>(seqpool::BinaryCrossEntropy(targets));
}
