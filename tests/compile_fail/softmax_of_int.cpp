// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Logits are no integers.
int main() {
#ifdef SEQPOOL_FAIL
  const auto p = seqpool::softmax(Eigen::Tensor<int, 2>(2, 3));
#else
  const auto p = seqpool::softmax(Eigen::Tensor<float, 2>(2, 3));
#endif
  static_cast<void>(p);
}
