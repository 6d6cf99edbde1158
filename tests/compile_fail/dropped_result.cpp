// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A result may not be dropped unseen.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(x);
#else
  static_cast<void>(seqpool::mean_pool(x));
#endif
}
