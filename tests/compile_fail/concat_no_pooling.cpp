// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

struct NoPooling {};

// Each part is a pooling.
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::Concat pooling{seqpool::Mean{}, NoPooling{}};
#else
  const seqpool::Concat pooling{seqpool::Mean{}, seqpool::Max{}};
#endif
  static_cast<void>(pooling);
}
