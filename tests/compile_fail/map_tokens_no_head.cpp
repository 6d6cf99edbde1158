// SPDX-License-Identifier: MIT
#include <seqpool/head/map_tokens.hpp>

#include <seqpool/head/normalize.hpp>

struct NoHead {};

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::map_tokens(NoHead{}, x));
#else
  static_cast<void>(seqpool::map_tokens(seqpool::Normalize{}, x));
#endif
}
