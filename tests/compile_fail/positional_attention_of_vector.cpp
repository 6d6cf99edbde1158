// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// The query is a matrix, of one head too.
int main() {
#ifdef SEQPOOL_FAIL
  const Eigen::Tensor<float, 1> query(4);
#else
  const Eigen::Tensor<float, 2> query(1, 4);
#endif
  const seqpool::PositionalAttention pooling{query, std::vector<float>(1)};
  static_cast<void>(pooling);
}
