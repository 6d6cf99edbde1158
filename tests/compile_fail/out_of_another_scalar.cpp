// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Results are of the accumulator.
int main() {
  const Eigen::Tensor<Eigen::half, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  Eigen::Tensor<Eigen::half, 2> out(2, 4);
#else
  Eigen::Tensor<float, 2> out(2, 4);
#endif
  seqpool::pool_into(out, seqpool::Mean{}, x);
}
