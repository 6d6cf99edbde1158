// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// How many tokens will come is not known.
int main() {
#ifdef SEQPOOL_FAIL
  using Pooling = seqpool::TokenWeightedMean<float>;
  const seqpool::Stream<Pooling, float> stream{Pooling{Eigen::Tensor<float, 2>(2, 3)}, 4};
#else
  const seqpool::Stream<seqpool::Mean, float> stream{seqpool::Mean{}, 4};
#endif
  static_cast<void>(stream);
}
