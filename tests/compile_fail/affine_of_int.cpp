// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Half of a logit is no integer.
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::Affine head{2, 1};
#else
  const seqpool::Affine head{2.0f, 1.0f};
#endif
  static_cast<void>(head);
}
