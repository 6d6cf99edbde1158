// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// Weights accumulate as their layers do.
int main() {
  const std::vector<float> data(12);
  const std::vector layers{seqpool::HiddenStates<float>(data.data(), {1, 3, 4})};
#ifdef SEQPOOL_FAIL
  const seqpool::LayerMix mix{layers, std::vector<double>{1}};
#else
  const seqpool::LayerMix mix{layers, std::vector<float>{1}};
#endif
  static_cast<void>(mix);
}
