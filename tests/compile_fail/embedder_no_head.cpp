// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A pooling is no head.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::Embedder{seqpool::Mean{}, seqpool::Max{}}.embed(x));
#else
  static_cast<void>(seqpool::Embedder{seqpool::Concat{seqpool::Mean{}, seqpool::Max{}}}.embed(x));
#endif
}
