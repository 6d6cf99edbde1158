// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Of pool_into it comes second.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  Eigen::Tensor<float, 2> out(2, 4);
#ifdef SEQPOOL_FAIL
  seqpool::pool_into(seqpool::Mean{}, out, x);
#else
  seqpool::pool_into(out, seqpool::Mean{}, x);
#endif
}
