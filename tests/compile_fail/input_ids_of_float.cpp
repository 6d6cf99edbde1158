// SPDX-License-Identifier: MIT
#include <seqpool/model/sequence_classifier.hpp>

// Ids are integers.
void classify(const seqpool::model::SequenceClassifier& classifier) {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  Eigen::Tensor<bool, 2> mask(2, 3);
  mask.setConstant(true);
  Eigen::Tensor<float, 2> ids(2, 3);
  ids.setConstant(5);
#ifdef SEQPOOL_FAIL
  static_cast<void>(classifier.logits(x, mask, ids));
#else
  static_cast<void>(classifier.logits(x, mask, Eigen::Tensor<int, 2>(ids.cast<int>())));
#endif
}

int main() {}
