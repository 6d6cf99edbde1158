// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <seqpool/adapter/eigen.hpp>

// What Eigen has not computed has no memory.
void view(const Eigen::MatrixXf& a) {
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::adapter::hidden_states(2 * a));
#else
  const Eigen::MatrixXf twice = 2 * a;
  static_cast<void>(seqpool::adapter::hidden_states(twice));
#endif
}
