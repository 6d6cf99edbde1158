// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A number of threads is no device.
int main() {
  const Eigen::Tensor<float, 2> a(2, 4);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::cosine_similarity(a, a, 2));
#else
  static_cast<void>(seqpool::cosine_similarity(a, a));
#endif
}
