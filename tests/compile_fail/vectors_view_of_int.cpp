// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>
#include <vector>

int main() {
#ifdef SEQPOOL_FAIL
  const std::vector<int> data(6);
#else
  const std::vector<float> data(6);
#endif
  const seqpool::Vectors x(data.data(), {2, 3});
  static_cast<void>(x.size());
}
