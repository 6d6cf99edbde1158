// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A head for 8 features does not hold one for 4.
int main() {
  const seqpool::Linear head{Eigen::Matrix<float, 2, 4>()};
#ifdef SEQPOOL_FAIL
  const seqpool::Linear<float, 2, 8> other = head;
  static_cast<void>(other);
#else
  const seqpool::Linear<float> other = head;
  static_cast<void>(other);
#endif
}
