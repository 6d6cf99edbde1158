// SPDX-License-Identifier: MIT
#include <seqpool/head/map_tokens.hpp>

#include <seqpool/head/normalize.hpp>

// The head comes first.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  const seqpool::Normalize head;
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::map_tokens(x, head));
#else
  static_cast<void>(seqpool::map_tokens(head, x));
#endif
}
