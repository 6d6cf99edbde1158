// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A weight is no head.
int main() {
  const Eigen::MatrixXf weight(2, 4);
#ifdef SEQPOOL_FAIL
  const seqpool::Classifier classifier{seqpool::Mean{}, weight};
#else
  const seqpool::Classifier classifier{seqpool::Mean{}, seqpool::Linear{weight}};
#endif
  static_cast<void>(classifier);
}
