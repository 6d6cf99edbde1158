// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>
#include <vector>

int main() {
#ifdef SEQPOOL_FAIL
  const std::vector<float> labels{0, 3};
#else
  const std::vector<int> labels{0, 3};
#endif
  static_cast<void>(seqpool::CrossEntropy(labels));
}
