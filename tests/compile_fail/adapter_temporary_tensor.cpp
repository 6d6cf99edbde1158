// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <seqpool/adapter/runtime_tensor.hpp>

#include "../support/runtime_tensor.hpp"

// The view would outlive what may own the memory.
seqpool_test::Tensor run();
void view() {
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::adapter::hidden_states<float>(run()));
#else
  const auto tensor = run();
  static_cast<void>(seqpool::adapter::hidden_states<float>(tensor));
#endif
}
