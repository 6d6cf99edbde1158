// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// What comes out of a float head is no input for a double one.
int main() {
  const seqpool::Linear first{Eigen::MatrixXf(2, 4)};
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::Sequential{first, seqpool::Linear{Eigen::MatrixXd(3, 2)}});
#else
  static_cast<void>(seqpool::Sequential{first, seqpool::Linear{Eigen::MatrixXf(3, 2)}});
#endif
}
