// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A weight is learned.
int main() {
#ifdef SEQPOOL_FAIL
  using Head = seqpool::Dense<int>;
#else
  using Head = seqpool::Dense<float>;
#endif
  static_cast<void>(Head{seqpool::Linear{Eigen::MatrixXf(2, 4)}, seqpool::Activation::tanh});
}
