// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <seqpool/adapter/runtime_tensor.hpp>

#include "../support/runtime_tensor.hpp"

// As hidden states.
seqpool_test::Tensor run();
void view() {
  const auto f = [](const auto& x) { static_cast<void>(seqpool::mean_pool(x)); };
#ifdef SEQPOOL_FAIL
  seqpool::adapter::visit(run(), f);
#else
  const auto tensor = run();
  seqpool::adapter::visit(tensor, f);
#endif
}
