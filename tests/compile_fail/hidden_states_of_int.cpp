// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// Integers are no hidden states.
int main() {
#ifdef SEQPOOL_FAIL
  const std::vector<int> data(24);
  const seqpool::HiddenStates<int> x(data.data(), {2, 3, 4});
#else
  const std::vector<float> data(24);
  const seqpool::HiddenStates<float> x(data.data(), {2, 3, 4});
#endif
  seqpool::mean_pool(x);
}
