// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// Of nothing there is no result.
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::Concat pooling{};
#else
  const seqpool::Concat pooling{seqpool::Mean{}};
#endif
  static_cast<void>(pooling);
}
