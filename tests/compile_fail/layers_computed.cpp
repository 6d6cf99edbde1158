// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// A mix is no layer of another.
int main() {
  const std::vector<float> data(12);
  const std::vector layers{seqpool::HiddenStates<float>(data.data(), {1, 3, 4})};
#ifdef SEQPOOL_FAIL
  const std::vector mixes{seqpool::LayerMix{layers}};
  const seqpool::Layers all(mixes);
#else
  const seqpool::Layers all(layers);
#endif
  static_cast<void>(all);
}
