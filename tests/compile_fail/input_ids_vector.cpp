// SPDX-License-Identifier: MIT
#include <seqpool/model/sequence_classifier.hpp>

#include <cstdint>
#include <vector>

// A vector of ids does not know how many there are in a row.
void classify(const seqpool::model::SequenceClassifier& classifier) {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  Eigen::Tensor<bool, 2> mask(2, 3);
  mask.setConstant(true);
  std::vector<std::int64_t> ids(6, 5);
#ifdef SEQPOOL_FAIL
  static_cast<void>(classifier.logits(x, mask, ids));
#else
  const Eigen::TensorMap<Eigen::Tensor<std::int64_t, 2, Eigen::RowMajor>> view(ids.data(), 2, 3);
  static_cast<void>(classifier.logits(x, mask, view));
#endif
}

int main() {}
