// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<Eigen::half, 3> x(2, 3, 4);
  const Eigen::Tensor<float, 2> d_out(2, 4);
#ifdef SEQPOOL_FAIL
  Eigen::Tensor<Eigen::half, 3> d_x(2, 3, 4);
#else
  Eigen::Tensor<float, 3> d_x(2, 3, 4);
#endif
  seqpool::gradient_into(d_x, seqpool::Mean{}, x, seqpool::all_tokens, d_out);
}
