// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// A weight has two sizes.
int main() {
  const std::vector<float> weight(8);
#ifdef SEQPOOL_FAIL
  const seqpool::Linear head{weight};
#else
  using Matrix = Eigen::Tensor<const float, 2, Eigen::RowMajor>;
  const seqpool::Linear head{Eigen::TensorMap<Matrix>(weight.data(), 2, 4)};
#endif
  static_cast<void>(head);
}
