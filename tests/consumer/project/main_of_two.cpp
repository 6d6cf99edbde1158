// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

float in_other(const Eigen::Tensor<float, 3>& x);

int main() {
  Eigen::Tensor<float, 3> x(2, 3, 4);
  x.setConstant(1.0f);
  return seqpool::mean_pool(x)(1, 3) == 1.0f && in_other(x) == 1.0f ? 0 : 1;
}
