// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// First the weight, then the bias.
int main() {
  const Eigen::MatrixXf weight(2, 4);
  const Eigen::VectorXf bias(2);
#ifdef SEQPOOL_FAIL
  const seqpool::Linear head{bias, weight};
#else
  const seqpool::Linear head{weight, bias};
#endif
  static_cast<void>(head);
}
