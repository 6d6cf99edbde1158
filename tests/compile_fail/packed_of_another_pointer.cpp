// SPDX-License-Identifier: MIT
#include <array>
#include <seqpool/seqpool.hpp>
#include <vector>

int main() {
  const std::vector<double> data(6);
  const std::array<int, 2> offsets{0, 2};
#ifdef SEQPOOL_FAIL
  const seqpool::PackedStates<float> x(data.data(), {2, 3}, offsets);
#else
  const seqpool::PackedStates<double> x(data.data(), {2, 3}, offsets);
#endif
  static_cast<void>(seqpool::mean_pool(x));
}
