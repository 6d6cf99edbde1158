// SPDX-License-Identifier: MIT
#include <seqpool/seqpool.hpp>

#include <vector>

// A span is of a sequence.
int main() {
#ifdef SEQPOOL_FAIL
  const seqpool::Spans spans(std::vector<int>{0, 3});
#else
  const seqpool::Spans spans(std::vector<seqpool::Span>{{0, 0, 3}});
#endif
  static_cast<void>(spans);
}
