// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Two features come, three are wanted.
int main() {
  const seqpool::Linear first{Eigen::Matrix<float, 2, 4>()};
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::Sequential{first, seqpool::Linear{Eigen::Matrix<float, 5, 3>()}});
#else
  static_cast<void>(seqpool::Sequential{first, seqpool::Linear{Eigen::Matrix<float, 5, 2>()}});
#endif
}
