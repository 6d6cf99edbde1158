// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// The same of the pooling itself.
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::Attention pooling{std::vector<int>(4)};
#else
  const seqpool::Attention pooling{std::vector<float>(4)};
#endif
  static_cast<void>(pooling);
}
