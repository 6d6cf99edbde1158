// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A weight is learned.
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::Linear head{Eigen::MatrixXi(2, 4)};
#else
  const seqpool::Linear head{Eigen::MatrixXf(2, 4)};
#endif
  static_cast<void>(head);
}
