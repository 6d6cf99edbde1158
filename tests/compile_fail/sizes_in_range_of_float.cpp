// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>
#include <vector>

int main() {
  const std::vector<float> data(6);
#ifdef SEQPOOL_FAIL
  const std::vector<float> sizes{1, 2, 3};
#else
  const std::vector<int> sizes{1, 2, 3};
#endif
  const seqpool::HiddenStates x(data.data(), sizes);
  static_cast<void>(seqpool::mean_pool(x));
}
