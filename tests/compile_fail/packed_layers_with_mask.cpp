// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <array>
#include <vector>

// Layers of packed sequences have no padding either.
int main() {
  const std::vector<float> data(12);
  const std::vector layers{seqpool::PackedStates<float>(data.data(), {3, 4}, std::array{0, 1, 3})};
  const Eigen::Tensor<bool, 2> mask(2, 2);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::mean_pool(seqpool::LayerMix{layers}, mask));
#else
  static_cast<void>(seqpool::mean_pool(seqpool::LayerMix{layers}));
#endif
}
