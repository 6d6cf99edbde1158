// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A name is no activation.
int main() {
  const seqpool::Linear linear{Eigen::MatrixXf(2, 4)};
#ifdef SEQPOOL_FAIL
  const seqpool::Dense head{linear, "tanh"};
#else
  const seqpool::Dense head{linear, seqpool::Activation::tanh};
#endif
  static_cast<void>(head);
}
