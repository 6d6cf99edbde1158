// SPDX-License-Identifier: MIT
#include <cstdint>
#include <seqpool/seqpool.hpp>
#include <vector>

int main() {
  const Eigen::Tensor<float, 3> x = Eigen::Tensor<float, 3>(1, 2, 3).setZero();
  const std::vector<std::int32_t> data(2, 1);
#ifdef SEQPOOL_FAIL
  const seqpool::AttentionMask<std::int64_t> mask(data.data(), {1, 2});
#else
  const seqpool::AttentionMask<std::int32_t> mask(data.data(), {1, 2});
#endif
  static_cast<void>(seqpool::mean_pool(x, mask));
}
