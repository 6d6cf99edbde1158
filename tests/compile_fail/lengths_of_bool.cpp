// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <array>

// A row of a bool mask is not a list of lengths.
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::Lengths lengths(std::array{true, false});
#else
  const seqpool::Lengths lengths(std::array{1, 0});
#endif
  static_cast<void>(lengths);
}
