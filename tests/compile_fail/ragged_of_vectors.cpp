// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  static_cast<void>(x);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::Ragged<float>(std::vector<std::vector<float>>(1), std::vector<int>{6}, 4));
#else
  static_cast<void>(seqpool::Ragged<float>(std::vector<const float*>{x.data()}, std::vector<int>{6}, 4));
#endif
}
