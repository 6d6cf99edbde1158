// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  static_cast<void>(x);
#ifdef SEQPOOL_FAIL
  const seqpool::Classifier classifier(seqpool::Mean{}, 5);
#else
  static_cast<void>(seqpool::Classifier(seqpool::Mean{}, seqpool::Linear{Eigen::MatrixXf(2, 4)}));
#endif
}
