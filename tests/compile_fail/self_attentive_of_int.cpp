// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
#ifdef SEQPOOL_FAIL
  using T = int;
#else
  using T = float;
#endif
  const Eigen::Tensor<T, 2> weight1(8, 4), weight2(2, 8);
  const seqpool::SelfAttentive pooling{weight1, weight2};
  static_cast<void>(pooling);
}
