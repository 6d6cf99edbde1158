// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  static_cast<void>(x);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::attention_pool(x, std::vector<int>(4)));
#else
  static_cast<void>(seqpool::attention_pool(x, std::vector<float>(4)));
#endif
}
