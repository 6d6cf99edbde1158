// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

int main() {
#ifdef SEQPOOL_FAIL
  using T = int;
#else
  using T = float;
#endif
  const Eigen::Tensor<T, 2> query(2, 4), value(6, 4);
  const seqpool::AttentionProbe probe{query, std::vector<T>(2), value, std::vector<T>(6)};
  static_cast<void>(probe);
}
