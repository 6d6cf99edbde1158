// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// Only attention has weights.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::attention_weights(seqpool::Mean{}, x));
#else
  static_cast<void>(seqpool::attention_weights(seqpool::Attention{std::vector<float>(4)}, x));
#endif
}
