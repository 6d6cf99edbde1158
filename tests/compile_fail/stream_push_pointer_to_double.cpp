// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// The same of a pointer.
int main() {
  seqpool::Stream<seqpool::Mean, float> stream{seqpool::Mean{}, 4};
#ifdef SEQPOOL_FAIL
  const std::vector<double> tokens(12);
#else
  const std::vector<float> tokens(12);
#endif
  stream.push(tokens.data(), 3);
}
