// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <seqpool/adapter/runtime_tensor.hpp>

#include "../support/runtime_tensor.hpp"

// As hidden states.
seqpool_test::Tensor run();
void view() {
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::adapter::mask<bool>(run()));
#else
  const auto tensor = run();
  static_cast<void>(seqpool::adapter::mask<bool>(tensor));
#endif
}
