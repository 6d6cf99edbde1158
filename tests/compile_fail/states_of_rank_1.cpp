// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// One token has no seq and no batch.
int main() {
  const Eigen::Tensor<float, 1> token(4);
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(token);
#else
  seqpool::mean_pool(seqpool::HiddenStates<float>(token.data(), {1, 1, 4}));
#endif
}
