// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

Eigen::Tensor<float, 3> encode() { return Eigen::Tensor<float, 3>(1, 2, 3).setZero(); }

// The tensor is gone when the view is read.
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::HiddenStates<float> x(encode());
#else
  const auto states = encode();
  const seqpool::HiddenStates<float> x(states);
  static_cast<void>(seqpool::mean_pool(encode()));  // lives until the line's end
#endif
  static_cast<void>(seqpool::mean_pool(x));
}
