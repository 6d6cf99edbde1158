// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// What is added has the sizes of what it is added to.
int main() {
  const seqpool::Linear linear{Eigen::Matrix<float, 2, 4>()};
#ifdef SEQPOOL_FAIL
  const seqpool::Linear projection{Eigen::Matrix<float, 4, 2>()};
#else
  const seqpool::Linear projection{Eigen::Matrix<float, 2, 4>()};
#endif
  static_cast<void>(seqpool::Dense{linear, seqpool::Activation::tanh, projection});
}
