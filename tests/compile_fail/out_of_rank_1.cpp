// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  static_cast<void>(x);
#ifdef SEQPOOL_FAIL
  Eigen::Tensor<float, 1> out(8);
  seqpool::pool_into(out, seqpool::Mean{}, x);
#else
  Eigen::Tensor<float, 2> out(2, 4);
  seqpool::pool_into(out, seqpool::Mean{}, x);
#endif
}
