// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>
#include <vector>

int main() {
  const std::vector<float> data(6);
#ifdef SEQPOOL_FAIL
  const seqpool::HiddenStates<float> x(data.data(), {true, 2, 3});
#else
  const seqpool::HiddenStates<float> x(data.data(), {1, 2, 3});
#endif
  static_cast<void>(seqpool::mean_pool(x));
}
