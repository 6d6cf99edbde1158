// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>
#include <vector>

int main() {
  const std::vector<float> data(6);
  const seqpool::Vectors x(data.data(), {2, 3});
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::map(x, seqpool::Normalize{}));
#else
  static_cast<void>(seqpool::map(seqpool::Normalize{}, x));
#endif
}
