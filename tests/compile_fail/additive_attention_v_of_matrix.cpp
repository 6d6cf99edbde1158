// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// torch.nn.Linear(attention, 1) stores v as [1, attention].
int main() {
  const Eigen::MatrixXf weight(8, 4), v(1, 8);
#ifdef SEQPOOL_FAIL
  const seqpool::AdditiveAttention pooling{weight, std::vector<float>(8), v};
#else
  const seqpool::AdditiveAttention pooling{weight, std::vector<float>(8), v.row(0)};
#endif
  static_cast<void>(pooling);
}
