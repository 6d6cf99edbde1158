// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

int main() {
#ifdef SEQPOOL_FAIL
  using T = int;
#else
  using T = float;
#endif
  const Eigen::Tensor<T, 2> weight(8, 4);
  const seqpool::AdditiveAttention pooling{weight, std::vector<T>(8), std::vector<T>(8)};
  static_cast<void>(pooling);
}
