// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// Integers are no hidden states.
int main() {
#ifdef SEQPOOL_FAIL
  const std::vector<int> data(20);
#else
  const std::vector<float> data(20);
#endif
  const seqpool::PackedStates x(data.data(), {5, 4}, std::vector<int>{0, 3, 5});
  static_cast<void>(x);
}
