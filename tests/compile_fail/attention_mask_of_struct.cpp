// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

struct Token {};

// A pointer to anything but numbers.
int main() {
#ifdef SEQPOOL_FAIL
  const Token mask[6]{};
#else
  const int mask[6]{};
#endif
  const seqpool::AttentionMask view(mask, {2, 3});
  static_cast<void>(view);
}
