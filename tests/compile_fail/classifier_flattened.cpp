// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A classifier says what pool says.
int main() {
  const seqpool::Classifier classifier{seqpool::Mean{}, seqpool::Linear{Eigen::MatrixXf(2, 4)}};
#ifdef SEQPOOL_FAIL
  const Eigen::Tensor<float, 2, Eigen::RowMajor> x(2, 12);
#else
  const Eigen::Tensor<float, 3, Eigen::RowMajor> x(2, 3, 4);
#endif
  const auto probabilities = classifier.probabilities(x);
  static_cast<void>(probabilities);
}
