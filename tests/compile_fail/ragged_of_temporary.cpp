// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>
#include <vector>

using Sequences = std::vector<std::vector<float>>;
Sequences encode() { return {std::vector<float>(12), std::vector<float>(8)}; }

int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::Ragged x(encode(), 4);
#else
  const Sequences sequences = encode();
  const seqpool::Ragged x(sequences, 4);
#endif
  static_cast<void>(seqpool::mean_pool(x));
}
