// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// An Eigen matrix is one sequence, and column-major.
int main() {
  const Eigen::MatrixXf tokens(3, 4);
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(tokens);
#else
  seqpool::mean_pool(seqpool::HiddenStates<float>(tokens.data(), {1, 3, 4}, {3 * 4, 1, 3}));
#endif
}
