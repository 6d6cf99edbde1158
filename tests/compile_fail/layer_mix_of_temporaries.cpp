// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>
#include <vector>

using Tensors = std::vector<Eigen::Tensor<double, 3>>;
Tensors encode() { return Tensors(2, Eigen::Tensor<double, 3>(1, 2, 3).setZero()); }

int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::LayerMix mix{encode()};
#else
  const Tensors tensors = encode();
  const seqpool::LayerMix mix{tensors};
#endif
  static_cast<void>(seqpool::mean_pool(mix));
}
