// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  const std::vector<int> labels{0, 1};
  const seqpool::CrossEntropy loss(labels);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::parameter_gradient(seqpool::Mean{}, x, seqpool::all_tokens, loss));
#else
  static_cast<void>(seqpool::parameter_gradient(seqpool::Embedder{seqpool::Mean{}}, x, seqpool::all_tokens, loss));
#endif
}
