// SPDX-License-Identifier: MIT
#include <seqpool/model/sequence_classifier.hpp>

#include <seqpool/input/spans.hpp>
#include <vector>

// Spans do not say which token of a sequence a result is of.
void classify(const seqpool::model::SequenceClassifier& classifier) {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  Eigen::Tensor<int, 2> ids(2, 3);
  ids.setConstant(5);
  const seqpool::Spans spans(std::vector<seqpool::Span>{{0, 0, 2}});
#ifdef SEQPOOL_FAIL
  static_cast<void>(classifier.logits(x, spans, ids));
#else
  static_cast<void>(classifier.logits(x, spans));
#endif
}

int main() {}
