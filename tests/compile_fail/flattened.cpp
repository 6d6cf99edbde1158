// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Guarantee 7: a flattened tensor of rank 2 is refused.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  const Eigen::Tensor<float, 2> flattened = x.reshape(Eigen::array<Eigen::Index, 2>{2, 12});
  seqpool::mean_pool(flattened);
#else
  seqpool::mean_pool(x);
#endif
}
