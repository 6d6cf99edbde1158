// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <span>

// A scorer says how many heads it has.
struct Zeros {
#ifndef SEQPOOL_FAIL
  static seqpool::Index heads() { return 1; }
#endif
  static void score(const seqpool::TokenBlock<float>&, std::span<float> scores) { scores[0] = 0; }
};

int main() {
  const seqpool::SoftmaxPooling pooling{Zeros{}};
  static_cast<void>(pooling);
}
