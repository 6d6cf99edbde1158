// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

struct NoPooling {};

// What has no fold is no pooling.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  seqpool::pool(NoPooling{}, x);
#else
  seqpool::pool(seqpool::Mean{}, x);
#endif
}
