// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A weight for each feature, and not one for each pair of them.
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::LayerNorm head{Eigen::MatrixXf(4, 4)};
#else
  const seqpool::LayerNorm head{Eigen::VectorXf(4)};
#endif
  static_cast<void>(head);
}
