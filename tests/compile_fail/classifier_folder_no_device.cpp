// SPDX-License-Identifier: MIT
#define EIGEN_USE_THREADS
#include <seqpool/model/sequence_classifier.hpp>

// A thread pool is no device.
void classify(const seqpool::model::SequenceClassifier& classifier) {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  Eigen::Tensor<bool, 2> mask(2, 3);
  mask.setConstant(true);
  Eigen::ThreadPool threads(1);
#ifdef SEQPOOL_FAIL
  static_cast<void>(classifier.predict(x, mask, threads));
#else
  static_cast<void>(classifier.predict(x, mask, Eigen::ThreadPoolDevice(&threads, 1)));
#endif
}

int main() {}
