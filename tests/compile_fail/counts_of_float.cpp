// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  static_cast<void>(x);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::mean_pool(x, seqpool::skip_prefix(seqpool::AllTokens{}, std::vector<float>{1, 1})));
#else
  static_cast<void>(seqpool::mean_pool(x, seqpool::skip_prefix(seqpool::AllTokens{}, std::vector<int>{1, 1})));
#endif
}
