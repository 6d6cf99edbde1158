// SPDX-License-Identifier: MIT
#include "bits.hpp"
#include "support/plain_poolings.hpp"

int main() {
  test::for_each_plain_pooling([](const auto& pooling) { bits::poolings(pooling); });
  bits::poolings(seqpool::MaxIndices{});
  bits::poolings(seqpool::MeanMax{});
  for (const auto divisor : {seqpool::MeanStd::population, seqpool::MeanStd::sample})
    bits::poolings(seqpool::MeanStd{divisor});
}
