// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// First the pooling, then the head.
int main() {
  const seqpool::Linear head{Eigen::MatrixXf(2, 4)};
#ifdef SEQPOOL_FAIL
  const seqpool::Classifier classifier{head, seqpool::Mean{}};
#else
  const seqpool::Classifier classifier{seqpool::Mean{}, head};
#endif
  static_cast<void>(classifier);
}
