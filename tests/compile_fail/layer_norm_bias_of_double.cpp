// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Weight and bias are of one scalar.
int main() {
  const Eigen::VectorXf weight(4);
#ifdef SEQPOOL_FAIL
  const Eigen::VectorXd bias(4);
#else
  const Eigen::VectorXf bias(4);
#endif
  const seqpool::LayerNorm head{weight, bias, 1e-12};
  static_cast<void>(head);
}
