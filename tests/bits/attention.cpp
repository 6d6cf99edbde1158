// SPDX-License-Identifier: MIT
#include "bits.hpp"

using namespace bits;
using seqpool::Attention;

int main() {
  poolings("attention", [](Index hidden, Index, Index) { return Attention{vector(hidden, 7, 0.125)}; });
  poolings("attention, scaled", [](Index hidden, Index, Index) { return Attention{vector(hidden, 7, 1), 0.37}; });
  poolings("attention, 6", [](Index hidden, Index, Index) { return Attention{matrix(6, hidden, 8), 0.37}; });
  poolings("attention, mean", [](Index hidden, Index, Index) { return Attention{matrix(5, hidden, 9)}.average(); });
  poolings("positional", [](Index hidden, Index, Index) {
    return seqpool::PositionalAttention{matrix(2, hidden, 10), vector(2, 11, 0.25)};
  });
}
