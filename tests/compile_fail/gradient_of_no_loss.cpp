// SPDX-License-Identifier: MIT
#include <array>
#include <seqpool/seqpool.hpp>
#include <vector>

// Labels without the loss.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  const std::vector<int> labels{0, 3};
  const seqpool::Classifier classifier{seqpool::Mean{}, seqpool::Normalize{}};
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::gradient(classifier, x, seqpool::all_tokens, labels));
#else
  static_cast<void>(seqpool::gradient(classifier, x, seqpool::all_tokens, seqpool::CrossEntropy(labels)));
#endif
}
