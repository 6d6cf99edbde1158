// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// [in, out] is the wrong way round.
int main() {
#ifdef SEQPOOL_FAIL
  const Eigen::Matrix<float, 384, 4> weight;
#else
  const Eigen::Matrix<float, 4, 384> weight;
#endif
  const seqpool::Linear<float, 4, 384> head(weight);
  static_cast<void>(head);
}
