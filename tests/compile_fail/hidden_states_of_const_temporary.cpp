// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

const Eigen::Tensor<double, 3> encode() { return Eigen::Tensor<double, 3>(1, 2, 3).setZero(); }

// A const one is gone as soon; a TensorMap owns nothing that could be.
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::HiddenStates x{encode()};
#else
  const auto states = encode();
  const seqpool::HiddenStates x{Eigen::TensorMap<const Eigen::Tensor<double, 3>>(states.data(), 1, 2, 3)};
#endif
  static_cast<void>(seqpool::mean_pool(x));
}
