// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// weight2 is a matrix, of one row too.
int main() {
  const Eigen::MatrixXf weight1(8, 4);
#ifdef SEQPOOL_FAIL
  const Eigen::Tensor<float, 1> weight2(8);
#else
  const Eigen::Tensor<float, 2> weight2(1, 8);
#endif
  const seqpool::SelfAttentive pooling{weight1, weight2};
  static_cast<void>(pooling);
}
