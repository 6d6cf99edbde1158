// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// attention_pool(x, mask) has forgotten the query.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  Eigen::Tensor<bool, 2> mask(2, 3);
  mask.setConstant(true);
#ifdef SEQPOOL_FAIL
  seqpool::attention_pool(x, mask);
#else
  seqpool::attention_pool(x, std::vector<float>(4), mask);
#endif
}
