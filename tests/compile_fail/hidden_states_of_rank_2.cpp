// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

// One sequence has no batch.
int main() {
  const Eigen::Tensor<float, 2, Eigen::RowMajor> tokens(3, 4);
#ifdef SEQPOOL_FAIL
  const seqpool::HiddenStates x(tokens);
#else
  const seqpool::HiddenStates x(tokens.data(), {1, 3, 4});
#endif
  static_cast<void>(x);
}
