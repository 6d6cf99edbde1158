// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// A float query would lose half of what double hidden states hold.
int main() {
#ifdef SEQPOOL_FAIL
  const Eigen::Tensor<double, 3> x(2, 3, 4);
#else
  const Eigen::Tensor<Eigen::half, 3> x(2, 3, 4);
#endif
  seqpool::attention_pool(x, std::vector<float>(4));
}
