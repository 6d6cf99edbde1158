// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <seqpool/adapter/eigen.hpp>

// Hidden states are floating point numbers.
void view(const Eigen::MatrixXi& a) {
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::adapter::hidden_states(a));
#else
  const Eigen::MatrixXf b = a.cast<float>();
  static_cast<void>(seqpool::adapter::hidden_states(b));
#endif
}
