// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  const seqpool::MaxIndices pooling;
#else
  const seqpool::Max pooling;
#endif
  static_cast<void>(seqpool::forward(pooling, x, seqpool::all_tokens));
}
