// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A weight is learned.
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::LayerNorm head{Eigen::VectorXi(4)};
#else
  const seqpool::LayerNorm head{Eigen::VectorXf(4)};
#endif
  static_cast<void>(head);
}
