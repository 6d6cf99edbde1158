// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>
#include <seqpool/train/fit.hpp>
#include <vector>

int main() {
#ifdef SEQPOOL_FAIL
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#else
  const Eigen::Tensor<float, 2> x(2, 4);
#endif
  static_cast<void>(seqpool::fit(x, std::vector<int>{0, 1}));
}
