// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// It holds heads.
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::AnyHead<float> head = seqpool::Mean{};
#else
  const seqpool::AnyHead<float> head = seqpool::Normalize{};
#endif
  static_cast<void>(head);
}
