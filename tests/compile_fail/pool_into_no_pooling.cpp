// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

struct NoPooling {};

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  Eigen::Tensor<float, 2> out(2, 4);
  seqpool::pool_into(out, NoPooling{}, x);
#else
  seqpool::pool(seqpool::Mean{}, x);
#endif
}
