// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <seqpool/adapter/runtime_tensor.hpp>

#include "../support/runtime_tensor.hpp"

// Double accumulates in double, so that its result is another type than float's.
void view(const seqpool_test::Tensor& tensor) {
  const auto f = [](const auto& x) { return seqpool::mean_pool(x); };
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::adapter::visit<float, double>(tensor, f));
#else
  static_cast<void>(seqpool::adapter::visit<float, Eigen::half>(tensor, f));
#endif
}
