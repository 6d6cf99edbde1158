// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// The view of a vector needs its sizes.
int main() {
  const std::vector<int> values(6);
#ifdef SEQPOOL_FAIL
  const seqpool::AttentionMask mask(values);
#else
  const seqpool::AttentionMask mask(values.data(), {2, 3});
#endif
  static_cast<void>(mask);
}
