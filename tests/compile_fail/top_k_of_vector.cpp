// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// Probabilities are [batch, classes], of one row too.
int main() {
  const std::vector<double> probabilities(3);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::top_k(probabilities, 2));
#else
  using Rows = Eigen::Tensor<const double, 2, Eigen::RowMajor>;
  static_cast<void>(seqpool::top_k(Eigen::TensorMap<Rows>(probabilities.data(), 1, 3), 2));
#endif
}
