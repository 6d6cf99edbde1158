// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  static_cast<void>(x);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::mean_pool(seqpool::PackedStates<float>(x.data(), {6, 4}, std::vector<int>{0, 6}),
                                       Eigen::Tensor<int, 2>(1, 6)));
#else
  static_cast<void>(seqpool::mean_pool(seqpool::PackedStates<float>(x.data(), {6, 4}, std::vector<int>{0, 6})));
#endif
}
