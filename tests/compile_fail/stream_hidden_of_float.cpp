// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::Stream<seqpool::Mean, float> stream{seqpool::Mean{}, 4.0f};
#else
  const seqpool::Stream<seqpool::Mean, float> stream{seqpool::Mean{}, 4};
#endif
  static_cast<void>(stream.size());
}
