// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  const Eigen::Tensor<float, 2> d_out(2, 4);
#ifdef SEQPOOL_FAIL
  const std::vector<int> labels{0, 1};
  static_cast<void>(seqpool::gradient(seqpool::Mean{}, x, d_out, seqpool::CrossEntropy(labels)));
#else
  static_cast<void>(seqpool::gradient(seqpool::Mean{}, x, seqpool::all_tokens, d_out));
#endif
}
