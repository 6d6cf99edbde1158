// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// All parameters are of one scalar.
int main() {
  const Eigen::MatrixXf query(2, 4), value(6, 4);
#ifdef SEQPOOL_FAIL
  const std::vector<double> bias(6);
#else
  const std::vector<float> bias(6);
#endif
  const seqpool::AttentionProbe probe{query, std::vector<float>(2), value, bias};
  static_cast<void>(probe);
}
