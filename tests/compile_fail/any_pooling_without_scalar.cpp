// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::AnyPooling pooling = seqpool::Mean{};
#else
  const seqpool::AnyPooling<float> pooling = seqpool::Mean{};
#endif
  const seqpool::AnyPooling same = pooling;
  static_cast<void>(same);
}
