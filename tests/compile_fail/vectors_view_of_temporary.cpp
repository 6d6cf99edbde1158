// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

Eigen::Tensor<float, 2> encode() { return Eigen::Tensor<float, 2>(2, 3).setZero(); }

int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::Vectors x(encode());
#else
  const Eigen::Tensor<float, 2> vectors = encode();
  const seqpool::Vectors x(vectors);
#endif
  static_cast<void>(seqpool::softmax(x));
}
