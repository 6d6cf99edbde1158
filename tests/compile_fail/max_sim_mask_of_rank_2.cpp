// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// The mask of a query is [k], a row of a tokenizer's [batch, seq].
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::MaxSim pooling{Eigen::Tensor<float, 2>(3, 4), Eigen::Tensor<int, 2>(1, 3)};
#else
  const seqpool::MaxSim pooling{Eigen::Tensor<float, 2>(3, 4), Eigen::Tensor<int, 1>(3).setConstant(1)};
#endif
  static_cast<void>(pooling);
}
