// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A residual is x or a projection of it, and no flag.
int main() {
  const seqpool::Linear linear{Eigen::MatrixXf(4, 4)};
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::Dense{linear, seqpool::Activation::tanh, true});
#else
  static_cast<void>(seqpool::Dense{linear, seqpool::Activation::tanh, seqpool::Residual{}});
#endif
}
