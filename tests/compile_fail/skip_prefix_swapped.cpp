// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// First the mask, then the counts.
int main() {
  Eigen::Tensor<bool, 2> mask(2, 3);
  mask.setConstant(true);
  const std::vector<int> counts{1, 2};
#ifdef SEQPOOL_FAIL
  const auto rest = seqpool::skip_prefix(counts, mask);
#else
  const auto rest = seqpool::skip_prefix(mask, counts);
#endif
  static_cast<void>(rest);
}
