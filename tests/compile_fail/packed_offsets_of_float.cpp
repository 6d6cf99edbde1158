// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// Offsets are counted.
int main() {
  const std::vector<float> data(20);
#ifdef SEQPOOL_FAIL
  const std::vector<float> offsets{0, 3, 5};
#else
  const std::vector<int> offsets{0, 3, 5};
#endif
  const seqpool::PackedStates<float> x(data.data(), {5, 4}, offsets);
  static_cast<void>(x);
}
