// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

seqpool::Accumulators<float> row() { return seqpool::Accumulators<float>(3, 1); }

int main() {
#ifdef SEQPOOL_FAIL
  const auto numbers = seqpool::as_array(row());
#else
  auto named = row();
  const auto numbers = seqpool::as_array(named);
#endif
  static_cast<void>(numbers.sum());
}
