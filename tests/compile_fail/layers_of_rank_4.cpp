// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <array>
#include <vector>

// All layers in one tensor are no range of them.
int main() {
  const Eigen::Tensor<float, 4, Eigen::RowMajor> all(2, 1, 3, 4);
#ifdef SEQPOOL_FAIL
  const seqpool::LayerMix mix{all};
#else
  std::vector<seqpool::HiddenStates<float>> layers;
  for (int l = 0; l < 2; ++l) layers.emplace_back(all.data() + l * 12, std::array<seqpool::Index, 3>{1, 3, 4});
  const seqpool::LayerMix mix{layers};
#endif
  static_cast<void>(mix);
}
