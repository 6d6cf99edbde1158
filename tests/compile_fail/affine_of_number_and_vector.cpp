// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// Two numbers or two vectors.
int main() {
  const std::vector<float> shift(4);
#ifdef SEQPOOL_FAIL
  const seqpool::Affine head{2.0f, shift};
#else
  const seqpool::Affine head{std::vector<float>(4, 2.0f), shift};
#endif
  static_cast<void>(head);
}
