// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

int main() {
#ifdef SEQPOOL_FAIL
  using T = int;
#else
  using T = float;
#endif
  const seqpool::PositionalAttention pooling{Eigen::Tensor<T, 2>(1, 4), std::vector<T>(1)};
  static_cast<void>(pooling);
}
