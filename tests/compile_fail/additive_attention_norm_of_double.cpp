// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// The layer norm's parameters are of the pooling's scalar.
int main() {
  const std::vector<float> vector(8);
  const seqpool::AdditiveAttention pooling{Eigen::MatrixXf(8, 4), vector, vector};
#ifdef SEQPOOL_FAIL
  const std::vector<double> norm(8);
#else
  const std::vector<float> norm(8);
#endif
  static_cast<void>(pooling.layer_norm(norm, norm));
}
