// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// The result of float is float.
int main() {
  const Eigen::Tensor<float, 2> pooled(2, 4);
  const seqpool::Linear head{Eigen::MatrixXf(2, 4)};
#ifdef SEQPOOL_FAIL
  Eigen::Tensor<double, 2> out(2, 2);
  seqpool::map_into(out, head, pooled);
#else
  Eigen::Tensor<float, 2> out(2, 2);
  seqpool::map_into(out, head, pooled);
#endif
}
