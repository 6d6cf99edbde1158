// SPDX-License-Identifier: MIT
#include <seqpool/pooling/mean.hpp>

int main() {
  Eigen::Tensor<float, 3> x(2, 3, 4);
  x.setConstant(1.0f);
  return seqpool::mean_pool(x)(1, 3) == 1.0f ? 0 : 1;
}
