// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::Stream stream{seqpool::Max{}, 4};
#else
  const seqpool::Stream<seqpool::Max, float> stream{seqpool::Max{}, 4};
#endif
  static_cast<void>(stream.size());
}
