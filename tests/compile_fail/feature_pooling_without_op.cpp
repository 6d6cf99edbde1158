// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

struct Total : seqpool::FeaturePooling<Total> {
#ifndef SEQPOOL_FAIL
  static constexpr auto feature_op = [](auto held, auto x) { return held + x; };
#endif
};

int main() {
  const Eigen::Tensor<float, 3> x(1, 2, 3);
  static_cast<void>(seqpool::pool(Total{}, x));
}
