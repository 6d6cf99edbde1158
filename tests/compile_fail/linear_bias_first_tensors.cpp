// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// The same of tensors.
int main() {
  const Eigen::Tensor<float, 2> weight(2, 4);
  const Eigen::Tensor<float, 1> bias(2);
#ifdef SEQPOOL_FAIL
  const seqpool::Linear head{bias, weight};
#else
  const seqpool::Linear head{weight, bias};
#endif
  static_cast<void>(head);
}
