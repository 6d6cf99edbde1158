// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

struct NoPooling {};

// A stream pools.
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::Stream<NoPooling, float> stream{NoPooling{}, 4};
#else
  const seqpool::Stream<seqpool::Mean, float> stream{seqpool::Mean{}, 4};
#endif
  static_cast<void>(stream);
}
