// SPDX-License-Identifier: MIT
#include <seqpool/input/weighted_states.hpp>

// A weight is a function's: a tensor would have to be checked, and copied or outlived.
int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
  const Eigen::Tensor<float, 2> weights(2, 3);
#ifdef SEQPOOL_FAIL
  const seqpool::WeightedStates weighted{x, weights};
#else
  const auto weight = [&](seqpool::Index b, seqpool::Index s) { return weights(b, s); };
  const seqpool::WeightedStates weighted{x, weight};
#endif
  static_cast<void>(weighted);
}
