// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

Eigen::Tensor<bool, 2> make_mask() { return Eigen::Tensor<bool, 2>(1, 2).setConstant(true); }

int main() {
  const Eigen::Tensor<float, 3> x = Eigen::Tensor<float, 3>(1, 2, 3).setZero();
#ifdef SEQPOOL_FAIL
  const seqpool::AttentionMask mask{make_mask()};
#else
  const auto values = make_mask();
  const seqpool::AttentionMask mask{values};
  static_cast<void>(seqpool::mean_pool(x, make_mask()));  // lives until the line's end
#endif
  static_cast<void>(seqpool::mean_pool(x, mask));
}
