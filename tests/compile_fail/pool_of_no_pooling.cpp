// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

struct NoPooling {};

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  static_cast<void>(x);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::pool(NoPooling{}, x));
#else
  static_cast<void>(seqpool::pool(seqpool::Mean{}, x));
#endif
}
