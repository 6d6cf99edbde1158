// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// All layers are not hidden states; one is.
int main() {
  const Eigen::Tensor<float, 4> layers(12, 2, 3, 4);
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(layers);
#else
  seqpool::mean_pool(Eigen::Tensor<float, 3>(layers.chip(11, 0)));
#endif
}
