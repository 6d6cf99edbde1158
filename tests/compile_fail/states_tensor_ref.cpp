// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A TensorRef may refer to an expression.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  const Eigen::TensorRef<const Eigen::Tensor<float, 3>> ref(x);
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(ref);
#else
  seqpool::mean_pool(Eigen::Tensor<float, 3>(ref));
#endif
}
