// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Two numbers and four cannot be added.
int main() {
  const seqpool::Linear down{Eigen::Matrix<float, 2, 4>()};
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::SkipConnection{down});
#else
  static_cast<void>(seqpool::SkipConnection{down, seqpool::Linear{Eigen::Matrix<float, 4, 2>()}});
#endif
}
