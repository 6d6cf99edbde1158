// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// Ragged copies pointers, not sequences.
int main() {
  const std::vector<std::vector<float>> sequences{std::vector<float>(12), std::vector<float>(8)};
#ifdef SEQPOOL_FAIL
  const seqpool::Ragged<float> x(sequences, std::vector<int>{3, 2}, 4);
#else
  const std::vector<const float*> pointers{sequences[0].data(), sequences[1].data()};
  const seqpool::Ragged<float> x(pointers, std::vector<int>{3, 2}, 4);
#endif
  static_cast<void>(x);
}
