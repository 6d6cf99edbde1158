// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// Packed sequences have no padding.
int main() {
  const std::vector<float> data(20);
  const seqpool::PackedStates<float> x(data.data(), {5, 4}, std::vector<int>{0, 3, 5});
  const Eigen::Tensor<bool, 2> mask(2, 3);
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(x, mask);
#else
  seqpool::mean_pool(x);
#endif
  static_cast<void>(mask);
}
