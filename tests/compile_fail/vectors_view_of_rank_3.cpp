// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<float, 3> states = Eigen::Tensor<float, 3>(1, 2, 3).setZero();
#ifdef SEQPOOL_FAIL
  const seqpool::Vectors x(states);
#else
  const seqpool::Vectors x(states.data(), {2, 3});
#endif
  static_cast<void>(seqpool::softmax(x));
}
