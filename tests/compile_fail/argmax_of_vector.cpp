// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// Logits are [batch, classes], of one row too.
int main() {
  const std::vector<float> logits(3);
#ifdef SEQPOOL_FAIL
  const auto best = seqpool::argmax(logits);
#else
  using Rows = Eigen::Tensor<const float, 2, Eigen::RowMajor>;
  const auto best = seqpool::argmax(Eigen::TensorMap<Rows>(logits.data(), 1, 3));
#endif
  static_cast<void>(best);
}
