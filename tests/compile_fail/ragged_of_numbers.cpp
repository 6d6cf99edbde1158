// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>
#include <vector>

int main() {
#ifdef SEQPOOL_FAIL
  const std::vector<float> sequences(12);
#else
  const std::vector<std::vector<float>> sequences{std::vector<float>(12)};
#endif
  static_cast<void>(seqpool::mean_pool(seqpool::Ragged(sequences, 4)));
}
