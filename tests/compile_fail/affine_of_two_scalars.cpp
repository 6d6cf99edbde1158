// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Scale and shift are of one scalar.
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::Affine head{2.0f, 1.0};
#else
  const seqpool::Affine head{2.0f, 1.0f};
#endif
  static_cast<void>(head);
}
