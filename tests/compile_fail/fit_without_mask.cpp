// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>
#include <seqpool/train/fit.hpp>
#include <vector>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  const std::vector<int> labels{0, 1};
#ifdef SEQPOOL_FAIL
  seqpool::fit(seqpool::Mean{}, x, labels);
#else
  static_cast<void>(seqpool::fit(seqpool::Mean{}, x, seqpool::all_tokens, labels));
#endif
}
