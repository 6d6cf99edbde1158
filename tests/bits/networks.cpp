// SPDX-License-Identifier: MIT
#include "bits.hpp"

using namespace bits;

int main() {
  const auto additive = [](Index hidden, Index, Index) {
    return seqpool::AdditiveAttention{matrix(37, hidden, 8), vector(37, 9), vector(37, 10, 0.25)};
  };
  poolings("additive", additive);
  poolings("additive, norm and gelu", [&](Index hidden, Index, Index) {
    return additive(hidden, 0, 0).layer_norm(vector(37, 11), vector(37, 12)).gelu();
  });
  poolings("self_attentive", [](Index hidden, Index, Index) {
    return seqpool::SelfAttentive{matrix(20, hidden, 13), matrix(3, 20, 14)};
  });
  poolings("max_sim", [](Index hidden, Index, Index) { return seqpool::MaxSim{matrix(5, hidden, 15)}; });
  poolings("max_sim, each", [](Index hidden, Index, Index) {
    return seqpool::MaxSim{matrix(37, hidden, 16)}.normalize_tokens().per_query();
  });
}
