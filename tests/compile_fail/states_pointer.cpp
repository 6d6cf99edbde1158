// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A pointer does not know its sizes.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(x.data());
#else
  seqpool::mean_pool(seqpool::HiddenStates<float>(x.data(), {2, 3, 4}));
#endif
}
