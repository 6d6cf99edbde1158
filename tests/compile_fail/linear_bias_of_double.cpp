// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Weight and bias are of one scalar.
int main() {
  const Eigen::MatrixXf weight(2, 4);
#ifdef SEQPOOL_FAIL
  const Eigen::VectorXd bias(2);
#else
  const Eigen::VectorXf bias(2);
#endif
  const seqpool::Linear head{weight, bias};
  static_cast<void>(head);
}
