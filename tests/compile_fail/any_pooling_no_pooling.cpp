// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

struct NoPooling {};

// It holds poolings.
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::AnyPooling<float> pooling = NoPooling{};
#else
  const seqpool::AnyPooling<float> pooling = seqpool::Mean{};
#endif
  static_cast<void>(pooling);
}
