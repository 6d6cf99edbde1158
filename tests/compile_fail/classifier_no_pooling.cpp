// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

struct NoPooling {};

// What has no fold is no pooling.
int main() {
  const seqpool::Linear head{Eigen::MatrixXf(2, 4)};
#ifdef SEQPOOL_FAIL
  const seqpool::Classifier classifier{NoPooling{}, head};
#else
  const seqpool::Classifier classifier{seqpool::Mean{}, head};
#endif
  static_cast<void>(classifier);
}
