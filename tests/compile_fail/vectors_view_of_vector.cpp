// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>
#include <vector>

int main() {
  const std::vector<float> data(6);
#ifdef SEQPOOL_FAIL
  const seqpool::Vectors<float> x(data, {2, 3});
#else
  const seqpool::Vectors<float> x(data.data(), {2, 3});
#endif
  static_cast<void>(seqpool::softmax(x));
}
