// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Pooled vectors are no logits.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::Classifier{seqpool::Mean{}}.logits(x));
#else
  static_cast<void>(seqpool::Embedder{seqpool::Mean{}}.embed(x));
#endif
}
