// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/model/sequence_classifier.hpp>

// The device comes last.
void classify(const seqpool::model::SequenceClassifier& classifier) {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  Eigen::Tensor<int, 2> ids(2, 3);
  ids.setConstant(5);
  Eigen::ThreadPool threads(1);
  const Eigen::ThreadPoolDevice device(&threads, 1);
#ifdef SEQPOOL_FAIL
  static_cast<void>(classifier.logits(x, device, ids));
#else
  static_cast<void>(classifier.logits(x, seqpool::AllTokens{}, ids, device));
#endif
}

int main() {}
