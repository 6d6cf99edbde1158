// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// The weight and the bias make a Linear first.
int main() {
  const Eigen::MatrixXf weight(2, 4);
#ifdef SEQPOOL_FAIL
  const seqpool::Dense head{weight, seqpool::Activation::tanh};
#else
  const seqpool::Dense head{seqpool::Linear{weight}, seqpool::Activation::tanh};
#endif
  static_cast<void>(head);
}
