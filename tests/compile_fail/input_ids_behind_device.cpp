// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/model/sequence_classifier.hpp>

// Ids come before the device.
void classify(const seqpool::model::SequenceClassifier& classifier) {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  Eigen::Tensor<bool, 2> mask(2, 3);
  mask.setConstant(true);
  Eigen::Tensor<int, 2> ids(2, 3);
  ids.setConstant(5);
  Eigen::ThreadPool threads(1);
  const Eigen::ThreadPoolDevice device(&threads, 1);
#ifdef SEQPOOL_FAIL
  static_cast<void>(classifier.logits(x, mask, device, ids));
#else
  static_cast<void>(classifier.logits(x, mask, ids, device));
#endif
}

int main() {}
