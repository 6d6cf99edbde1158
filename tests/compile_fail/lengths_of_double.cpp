// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// Lengths are counted.
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::Lengths lengths(std::vector<double>{3, 1});
#else
  const seqpool::Lengths lengths(std::vector<long>{3, 1});
#endif
  static_cast<void>(lengths);
}
