// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// Nor does a vector.
int main() {
  const std::vector<float> x(24);
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(x);
#else
  seqpool::mean_pool(seqpool::HiddenStates<float>(x.data(), {2, 3, 4}));
#endif
}
