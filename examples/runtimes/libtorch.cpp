// SPDX-License-Identifier: MIT
// libtorch: hidden states and a mask where its tensors hold them, to a tensor of a vector of length 1 for each
// sequence.
#include <ATen/ATen.h>

#include <cstdint>
#include <iostream>
#include <seqpool/adapter/libtorch.hpp>
#include <seqpool/seqpool.hpp>

at::Tensor embed(const at::Tensor& last_hidden_state, const at::Tensor& attention_mask) {
  const auto x = seqpool::adapter::hidden_states<float>(last_hidden_state);
  const auto mask = seqpool::adapter::mask<std::int64_t>(attention_mask);
  return seqpool::adapter::to_tensor(seqpool::Embedder{seqpool::Mean{}, seqpool::Normalize{}}.embed(x, mask));
}

int main() {
  // In your program: what a module's forward gives, and what the tokenizer gave. Here [batch, seq, hidden] lies in
  // memory as [seq, batch, hidden], which is as good.
  const auto states =
      at::tensor({1, 2, 8, 6, 5, 6, 99, 99, 99, 99, 99, 99}, at::kFloat).view({3, 2, 2}).transpose(0, 1);
  const auto mask = at::tensor({1, 1, 0, 1, 0, 0}, at::kLong).view({2, 3});
  const auto vectors = embed(states, mask);

  std::cout << vectors << "\n";  // 0.6 0.8, 0.8 0.6
  const auto real = mask.unsqueeze(-1).to(at::kFloat);
  const auto mean = (states * real).sum(1) / real.sum(1);
  return at::allclose(vectors, mean / mean.norm(2, 1, true)) ? 0 : 1;
}
