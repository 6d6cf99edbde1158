// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// Ranges are [2, features]: the least one behind the other, and then the largest.
int main() {
  const Eigen::Tensor<float, 2, Eigen::RowMajor> x(2, 2);
  const std::vector<float> ranges{0, 0, 1, 1};
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::quantize_int8(x, ranges));
#else
  using Ranges = Eigen::Tensor<const float, 2, Eigen::RowMajor>;
  static_cast<void>(seqpool::quantize_int8(x, Eigen::TensorMap<Ranges>(ranges.data(), 2, 2)));
#endif
}
