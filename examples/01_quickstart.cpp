// SPDX-License-Identifier: MIT
#include <cstdint>
#include <iostream>
#include <seqpool/seqpool.hpp>

int main() {
  const float states[] = {1, 2, 3, 4, 5, 6, 8, 7, 99, 99, 99, 99};  // from the encoder: [batch, seq, hidden]
  const std::int64_t attention_mask[] = {1, 1, 1, 1, 0, 0};         // from the tokenizer: [batch, seq]
  const seqpool::HiddenStates<float> x(states, {2, 3, 2});          // or an Eigen::Tensor<float, 3>
  const seqpool::AttentionMask mask(attention_mask, {2, 3});        // or an Eigen::Tensor of rank 2

  std::cout << seqpool::mean_pool(x, mask) << "\n\n";  // [batch, hidden], padding not counted: 3 4, 8 7

  const seqpool::Embedder embedder{seqpool::Mean{}, seqpool::Normalize{}};
  std::cout << embedder.embed(x, mask) << "\n\n";  // [batch, hidden], each of length 1: 0.6 0.8, 0.753 0.659

  const Eigen::Matrix<float, 2, 2> weight{{1, 0}, {0, 1}};  // [classes, hidden], as torch.nn.Linear has it
  const seqpool::Classifier classifier{seqpool::Mean{}, seqpool::Linear{weight}};
  std::cout << classifier.probabilities(x, mask) << "\n\n";  // [batch, classes]: 0.269 0.731, 0.731 0.269
  std::cout << classifier.predict(x, mask) << "\n";          // [batch]: 1, 0
}
