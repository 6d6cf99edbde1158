// SPDX-License-Identifier: MIT
#include <cstdint>
#include <iostream>
#include <seqpool/seqpool.hpp>

int main() {
  const float states[] = {1, 2, 5, 6, 99, 99, 8, 6, 99, 99, 99, 99};  // from your encoder: [2, 3, 2]
  const std::int64_t attention_mask[] = {1, 1, 0, 1, 0, 0};           // from your tokenizer: [2, 3]

  const seqpool::HiddenStates<float> x(states, {2, 3, 2});
  const seqpool::AttentionMask mask(attention_mask, {2, 3});
  const seqpool::Embedder embedder{seqpool::Mean{}, seqpool::Normalize{}};
  const auto vectors = embedder.embed(x, mask);
  std::cout << seqpool::as_matrix(vectors) << "\n";
}
