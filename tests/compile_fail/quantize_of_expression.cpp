// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// What is quantized lies in memory.
int main() {
  const Eigen::Tensor<float, 2> x(2, 2);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::quantize_binary(x * 2.0f));
#else
  static_cast<void>(seqpool::quantize_binary(Eigen::Tensor<float, 2>(x * 2.0f)));
#endif
}
