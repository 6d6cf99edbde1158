// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// A query is learned.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  seqpool::attention_pool(x, std::vector<int>(4));
#else
  seqpool::attention_pool(x, std::vector<float>(4));
#endif
}
