// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  static_cast<void>(x);
#ifdef SEQPOOL_FAIL
  const int mask[6] = {1, 1, 1, 1, 1, 1};
  const int* const pointer = mask;
  static_cast<void>(seqpool::mean_pool(x, pointer));
#else
  const int mask[6] = {1, 1, 1, 1, 1, 1};
  static_cast<void>(seqpool::mean_pool(x, seqpool::AttentionMask(mask, {2, 3})));
#endif
}
