// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  static_cast<void>(x);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::AnyPooling<float>(5));
#else
  static_cast<void>(seqpool::AnyPooling<float>(seqpool::Mean{}));
#endif
}
