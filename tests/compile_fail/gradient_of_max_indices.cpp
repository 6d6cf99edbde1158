// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  const Eigen::Tensor<float, 2> d_out(2, 4);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::gradient(seqpool::MaxIndices{}, x, seqpool::all_tokens, d_out));
#else
  static_cast<void>(seqpool::gradient(seqpool::Max{}, x, seqpool::all_tokens, d_out));
#endif
}
