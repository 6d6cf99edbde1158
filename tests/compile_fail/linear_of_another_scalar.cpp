// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A fixed scalar is not converted to.
int main() {
  const Eigen::MatrixXd weight(2, 4);
#ifdef SEQPOOL_FAIL
  const seqpool::Linear<float> head{weight};
#else
  const seqpool::Linear<float> head{weight.cast<float>()};
#endif
  static_cast<void>(head);
}
