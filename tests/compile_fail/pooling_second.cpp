// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// The pooling comes first.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  seqpool::pool(x, seqpool::Mean{});
#else
  seqpool::pool(seqpool::Mean{}, x);
#endif
}
