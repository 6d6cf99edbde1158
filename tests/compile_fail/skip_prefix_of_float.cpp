// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// Counts are counted.
int main() {
  Eigen::Tensor<bool, 2> mask(2, 3);
  mask.setConstant(true);
#ifdef SEQPOOL_FAIL
  const auto rest = seqpool::skip_prefix(mask, std::vector<float>{1, 2});
#else
  const auto rest = seqpool::skip_prefix(mask, std::vector<int>{1, 2});
#endif
  static_cast<void>(rest);
}
