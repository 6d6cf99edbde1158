// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A fixed input of 8 features meets a head for 16.
int main() {
#ifdef SEQPOOL_FAIL
  const Eigen::Matrix<float, 4, 16> weight;
#else
  const Eigen::Matrix<float, 4, 8> weight;
#endif
  const Eigen::TensorFixedSize<float, Eigen::Sizes<2, 8>> pooled;
  static_cast<void>(seqpool::map(seqpool::Linear{weight}, pooled));
}
