// SPDX-License-Identifier: MIT
#include <array>
#include <seqpool/seqpool.hpp>

Eigen::Tensor<int, 2> make_mask() { return Eigen::Tensor<int, 2>(1, 2).setConstant(1); }

int main() {
  const Eigen::Tensor<float, 3> x = Eigen::Tensor<float, 3>(1, 2, 3).setZero();
  const std::array<int, 1> counts{1};
#ifdef SEQPOOL_FAIL
  const auto mask = seqpool::skip_prefix(make_mask(), counts);
#else
  const auto values = make_mask();
  const auto mask = seqpool::skip_prefix(values, counts);
#endif
  static_cast<void>(seqpool::mean_pool(x, mask));
}
