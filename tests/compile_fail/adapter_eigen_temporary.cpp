// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <seqpool/adapter/eigen.hpp>

// The view would outlive the matrix.
void view(const Eigen::MatrixXf& a) {
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::adapter::hidden_states(Eigen::MatrixXf(a)));
#else
  static_cast<void>(seqpool::adapter::hidden_states(a.topRows(2)));
#endif
}
