// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Probabilities are of logits [batch, classes].
int main() {
#ifdef SEQPOOL_FAIL
  seqpool::softmax(Eigen::Tensor<float, 3>(2, 3, 4));
#else
  seqpool::softmax(Eigen::Tensor<float, 2>(2, 3));
#endif
}
