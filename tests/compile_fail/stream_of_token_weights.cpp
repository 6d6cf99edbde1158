// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  static_cast<void>(x);
#ifdef SEQPOOL_FAIL
  const Eigen::Tensor<float, 2> weights(1, 3);
  const seqpool::Stream<seqpool::TokenWeightedMean<float>, float> stream{seqpool::TokenWeightedMean{weights}, 4};
#else
  static_cast<void>(seqpool::Stream<seqpool::Mean, float>{seqpool::Mean{}, 4});
#endif
}
