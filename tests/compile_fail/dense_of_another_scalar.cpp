// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A fixed scalar is not converted to.
int main() {
  const Eigen::MatrixXd weight(2, 4);
#ifdef SEQPOOL_FAIL
  const seqpool::Dense<float> head{seqpool::Linear{weight}, seqpool::Activation::tanh};
#else
  const seqpool::Dense<float> head{seqpool::Linear{weight.cast<float>()}, seqpool::Activation::tanh};
#endif
  static_cast<void>(head);
}
