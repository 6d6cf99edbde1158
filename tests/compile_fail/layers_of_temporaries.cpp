// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>
#include <vector>

using Tensors = std::vector<Eigen::Tensor<float, 3>>;
Tensors encode() { return Tensors(2, Eigen::Tensor<float, 3>(1, 2, 3).setZero()); }

int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::Layers layers(encode());
#else
  const Tensors tensors = encode();
  const seqpool::Layers layers(tensors);
#endif
  static_cast<void>(seqpool::mean_pool(seqpool::LayerMix{layers}));
}
