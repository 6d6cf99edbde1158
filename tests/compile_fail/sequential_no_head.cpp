// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// A number is no head.
int main() {
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::Sequential{seqpool::Normalize{}, 256});
#else
  static_cast<void>(seqpool::Sequential{seqpool::Normalize{}, seqpool::Truncate{256}});
#endif
}
