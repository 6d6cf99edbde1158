// SPDX-License-Identifier: MIT
#include <array>
#include <seqpool/seqpool.hpp>
#include <vector>

// A mask stays one behind skip_prefix.
int main() {
  const std::vector<float> data(6);
  const std::array<int, 3> offsets{0, 1, 2};
  const std::array<int, 2> counts{0, 1};
  const seqpool::PackedStates<float> x(data.data(), {2, 3}, offsets);
#ifdef SEQPOOL_FAIL
  const Eigen::Tensor<int, 2> mask = Eigen::Tensor<int, 2>(2, 1).setConstant(1);
  static_cast<void>(seqpool::mean_pool(x, seqpool::skip_prefix(mask, counts)));
#else
  static_cast<void>(seqpool::mean_pool(x, seqpool::skip_prefix(seqpool::AllTokens{}, counts)));
#endif
}
