// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>
#include <vector>

int main() {
  const std::vector<float> data(6);
  const double hidden = 3;
#ifdef SEQPOOL_FAIL
  const seqpool::HiddenStates<float> x(data.data(), {1, 2, hidden});
#else
  const seqpool::HiddenStates<float> x(data.data(), {1, 2, static_cast<int>(hidden)});
#endif
  static_cast<void>(seqpool::mean_pool(x));
}
