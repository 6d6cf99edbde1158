// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Two numbers and four cannot be added.
int main() {
  const seqpool::Linear linear{Eigen::Matrix<float, 2, 4>()};
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::Dense{linear, seqpool::Activation::tanh, seqpool::Residual{}});
#else
  static_cast<void>(seqpool::Dense{linear, seqpool::Activation::tanh, linear});
#endif
}
