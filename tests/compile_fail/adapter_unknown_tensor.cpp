// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <seqpool/adapter/runtime_tensor.hpp>

// A tensor that no included adapter knows.
void view(const Eigen::Tensor<float, 3>& x) {
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::adapter::hidden_states<float>(x));
#else
  static_cast<void>(seqpool::HiddenStates(x));
#endif
}
