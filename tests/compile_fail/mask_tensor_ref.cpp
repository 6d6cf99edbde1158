// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A TensorRef may refer to an expression.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  const Eigen::Tensor<bool, 2> mask(2, 3);
  const Eigen::TensorRef<const Eigen::Tensor<bool, 2>> ref(mask);
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(x, ref);
#else
  seqpool::mean_pool(x, Eigen::Tensor<bool, 2>(ref));
#endif
}
