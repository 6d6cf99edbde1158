// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A head is no pooling.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::Embedder{seqpool::Normalize{}}.embed(x));
#else
  static_cast<void>(seqpool::Embedder{seqpool::Mean{}, seqpool::Normalize{}}.embed(x));
#endif
}
