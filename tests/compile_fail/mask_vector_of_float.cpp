// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// A vector of anything but integers is no list of lengths.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  const std::vector<float> mask(6, 1.0f);
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(x, mask);
#else
  seqpool::mean_pool(x, seqpool::AttentionMask(mask.data(), {2, 3}));
#endif
}
