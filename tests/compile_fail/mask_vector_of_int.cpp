// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// Lengths must say that they are lengths.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  const std::vector<int> lengths{3, 1};
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(x, lengths);
#else
  seqpool::mean_pool(x, seqpool::Lengths(lengths));
#endif
}
