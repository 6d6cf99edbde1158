// SPDX-License-Identifier: MIT
// DLPack: hidden states that PyTorch, JAX, CuPy or another producer hands over, to a vector of length 1 for each
// sequence.
#include <dlpack/dlpack.h>

#include <array>
#include <cstdint>
#include <iostream>
#include <seqpool/adapter/dlpack.hpp>
#include <seqpool/seqpool.hpp>

// Takes both over: their producers' deleters are called at the end.
auto embed(DLManagedTensor* last_hidden_state, DLManagedTensor* attention_mask) {
  const auto states = seqpool::adapter::from_dlpack(last_hidden_state);
  const auto ones = seqpool::adapter::from_dlpack(attention_mask);
  const auto x = seqpool::adapter::hidden_states<float>(states);
  const auto mask = seqpool::adapter::mask<std::int64_t>(ones);
  return seqpool::Embedder{seqpool::Mean{}, seqpool::Normalize{}}.embed(x, mask);
}

int main() {
  std::array<float, 12> states{1, 2, 5, 6, 99, 99, 8, 6, 99, 99, 99, 99};  // [batch, seq, hidden], 99 is padding
  std::array<std::int64_t, 6> ones{1, 1, 0, 1, 0, 0};                      // [batch, seq]
  std::array<std::int64_t, 3> sizes{2, 3, 2};
  // In your program: what a capsule named "dltensor" points to. Here nothing is to be deleted.
  DLManagedTensor x{{states.data(), {kDLCPU, 0}, 3, {kDLFloat, 32, 1}, sizes.data(), nullptr, 0}, nullptr, nullptr};
  DLManagedTensor mask{{ones.data(), {kDLCPU, 0}, 2, {kDLInt, 64, 1}, sizes.data(), nullptr, 0}, nullptr, nullptr};
  const auto vectors = embed(&x, &mask);

  std::cout << vectors << "\n";  // 0.6 0.8, 0.8 0.6
  return seqpool::as_matrix(vectors).isApprox(Eigen::Matrix2f{{0.6f, 0.8f}, {0.8f, 0.6f}}) ? 0 : 1;
}
