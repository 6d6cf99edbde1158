// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Heads of half weights map float.
int main() {
  const seqpool::Linear linear{Eigen::Matrix<Eigen::half, 2, 4>()};
#ifdef SEQPOOL_FAIL
  const seqpool::AnyHead<Eigen::half> head = linear;
#else
  const seqpool::AnyHead<float> head = linear;
#endif
  static_cast<void>(head);
}
