// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  static_cast<void>(x);
#ifdef SEQPOOL_FAIL
  const Eigen::TensorRef<const Eigen::Tensor<float, 3>> ref(x);
  static_cast<void>(seqpool::mean_pool(ref));
#else
  static_cast<void>(seqpool::mean_pool(x));
#endif
}
