// SPDX-License-Identifier: MIT
#include <cstdint>
#include <seqpool/seqpool.hpp>
#include <vector>

// What a runtime's C interface calls half.
int main() {
  const std::vector<std::uint16_t> data(6);
#ifdef SEQPOOL_FAIL
  const seqpool::HiddenStates<Eigen::half> x(data.data(), {1, 2, 3}, {6, 3, 1});
#else
  const seqpool::HiddenStates<Eigen::half> x(reinterpret_cast<const Eigen::half*>(data.data()), {1, 2, 3}, {6, 3, 1});
#endif
  static_cast<void>(seqpool::mean_pool(x));
}
