// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  static_cast<void>(x);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::pool(seqpool::Concat{seqpool::Mean{}, 5}, x));
#else
  static_cast<void>(seqpool::pool(seqpool::Concat{seqpool::Mean{}}, x));
#endif
}
