// SPDX-License-Identifier: MIT
#include <seqpool/model/sequence_classifier.hpp>

// Behind the mask stand ids, and no other mask.
void classify(const seqpool::model::SequenceClassifier& classifier) {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  Eigen::Tensor<bool, 2> mask(2, 3);
  mask.setConstant(true);
#ifdef SEQPOOL_FAIL
  static_cast<void>(classifier.logits(x, mask, mask));
#else
  static_cast<void>(classifier.logits(x, mask));
#endif
}

int main() {}
