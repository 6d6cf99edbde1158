// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::windows(700, 256, 0.5 * 256));
#else
  static_cast<void>(seqpool::windows(700, 256, 256 / 2));
#endif
}
