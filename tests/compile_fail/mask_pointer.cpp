// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <cstdint>

// A pointer does not know its sizes.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  const std::int64_t values[6]{};
  const std::int64_t* const mask = values;
#ifdef SEQPOOL_FAIL
  seqpool::mean_pool(x, mask);
#else
  seqpool::mean_pool(x, seqpool::AttentionMask(mask, {2, 3}));
#endif
}
