// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A result has no seq.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  Eigen::Tensor<float, 3> out(2, 1, 4);
#else
  Eigen::Tensor<float, 2> out(2, 4);
#endif
  seqpool::pool_into(out, seqpool::Mean{}, x);
}
