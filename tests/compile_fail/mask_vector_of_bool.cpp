// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <cstdint>
#include <vector>

// It holds bits, which nothing can view.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(x, std::vector<bool>(6, true));
#else
  const std::vector<std::uint8_t> mask(6, 1);
  seqpool::mean_pool(x, seqpool::AttentionMask(mask.data(), {2, 3}));
#endif
}
