// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::AnyHead head = seqpool::Normalize{};
#else
  const seqpool::AnyHead<float> head = seqpool::Normalize{};
#endif
  const seqpool::AnyHead same = head;
  static_cast<void>(same);
}
