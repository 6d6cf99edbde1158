// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A user's own sequences may say that they have no padding.
struct Unpadded : seqpool::HiddenStates<float> {
  using HiddenStates::HiddenStates;
#ifdef SEQPOOL_FAIL
  static constexpr bool has_padding = false;
#endif
};

int main() {
  const Unpadded x(nullptr, {0, 2, 3});
  const Eigen::Tensor<bool, 2> mask(0, 2);
  static_cast<void>(seqpool::mean_pool(x, mask));
}
