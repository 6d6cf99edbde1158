// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// Ragged sequences know their lengths.
int main() {
  const std::vector<float> data(20);
  const std::vector<const float*> sequences{data.data(), data.data() + 12};
  const seqpool::Ragged<float> x(sequences, std::vector<int>{3, 2}, 4);
  const seqpool::Lengths lengths(std::vector<int>{3, 2});
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(x, lengths);
#else
  seqpool::mean_pool(x);
#endif
  static_cast<void>(lengths);
}
