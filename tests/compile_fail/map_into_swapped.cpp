// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// First the memory, then the head, then the vectors.
int main() {
  const Eigen::Tensor<float, 2> pooled(2, 4);
  const seqpool::Linear head{Eigen::MatrixXf(2, 4)};
  Eigen::Tensor<float, 2> out(2, 2);
#ifdef SEQPOOL_FAIL
  seqpool::map_into(head, out, pooled);
#else
  seqpool::map_into(out, head, pooled);
#endif
}
