// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>
#include <vector>

int main() {
  const Eigen::Tensor<float, 3> x = Eigen::Tensor<float, 3>(1, 2, 3).setZero();
  const std::vector<int> data(2, 1);
#ifdef SEQPOOL_FAIL
  const seqpool::AttentionMask mask(data, {1, 2});
#else
  const seqpool::AttentionMask mask(data.data(), {1, 2});
#endif
  static_cast<void>(seqpool::mean_pool(x, mask));
}
