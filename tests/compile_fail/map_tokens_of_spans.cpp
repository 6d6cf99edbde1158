// SPDX-License-Identifier: MIT
#include <seqpool/head/map_tokens.hpp>

#include <seqpool/head/normalize.hpp>
#include <seqpool/input/spans.hpp>
#include <vector>

// Spans may take a token twice, or sequences in another order: there is no [batch, seq] of them.
void map(const seqpool::Spans& spans) {
  const Eigen::Tensor<float, 3> x(2, 3, 4);
#ifdef SEQPOOL_FAIL
  static_cast<void>(seqpool::map_tokens(seqpool::Normalize{}, x, spans));
#else
  static_cast<void>(seqpool::map_tokens(seqpool::Normalize{}, x));
  static_cast<void>(spans);
#endif
}

int main() {}
