// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Results go to memory that may be written.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  const Eigen::Tensor<float, 2> out(2, 4);
#else
  Eigen::Tensor<float, 2> out(2, 4);
#endif
  seqpool::pool_into(out, seqpool::Mean{}, x);
}
