// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>
#include <vector>

int main() {
  const std::vector<std::vector<double>> sequences{std::vector<double>(12)};
#ifdef SEQPOOL_FAIL
  const seqpool::Ragged<float> x(sequences, 4);
#else
  const seqpool::Ragged<double> x(sequences, 4);
#endif
  static_cast<void>(seqpool::mean_pool(x));
}
