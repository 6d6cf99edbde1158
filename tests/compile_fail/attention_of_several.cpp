// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Several queries in the type of one.
int main() {
  const Eigen::Tensor<float, 2> queries(3, 4);
#ifdef SEQPOOL_FAIL
  const seqpool::Attention<float> pooling{queries};
#else
  const seqpool::Attention<float, Eigen::Dynamic> pooling{queries};
#endif
  static_cast<void>(pooling);
}
