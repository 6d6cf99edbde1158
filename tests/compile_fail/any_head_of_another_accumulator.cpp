// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Double weights map double.
int main() {
  const seqpool::Linear linear{Eigen::MatrixXd(2, 4)};
#ifdef SEQPOOL_FAIL
  const seqpool::AnyHead<float> head = linear;
#else
  const seqpool::AnyHead<double> head = linear;
#endif
  static_cast<void>(head);
}
