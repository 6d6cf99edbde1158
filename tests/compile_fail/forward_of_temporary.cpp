// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

int main() {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  const auto run = seqpool::forward(seqpool::Mean{}, x, seqpool::all_tokens);
#else
  const seqpool::Mean mean;
  const auto run = seqpool::forward(mean, x, seqpool::all_tokens);
#endif
  static_cast<void>(run.value());
}
