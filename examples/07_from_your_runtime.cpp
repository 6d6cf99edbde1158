// SPDX-License-Identifier: MIT
// Hidden states where a runtime has left them: a pointer and sizes, padded or packed. Nothing is copied. For ONNX
// Runtime and libtorch see tests/runtimes.
#include <cstdint>
#include <iostream>
#include <seqpool/seqpool.hpp>
#include <span>
#include <vector>

namespace {

using seqpool::Index;

// Padded, [batch, seq, hidden], with a mask [batch, seq].
auto of_padded(const float* states, const std::int64_t* attention_mask, Index batch, Index seq, Index hidden) {
  const seqpool::HiddenStates<float> x(states, {batch, seq, hidden});
  const seqpool::AttentionMask mask(attention_mask, {batch, seq});
  return seqpool::mean_pool(x, mask);
}

// Packed, [total, hidden]: sequence b is the tokens from cu_seqlens[b] to cu_seqlens[b + 1].
auto of_packed(const float* states, Index total, Index hidden, std::span<const std::int32_t> cu_seqlens) {
  const seqpool::PackedStates<float> x(states, {total, hidden}, cu_seqlens);
  return seqpool::mean_pool(x);
}

}  // namespace

int main() {
  const std::vector<float> padded{1, 2, 3, 4, 5, 6, 7, 8, 99, 99, 99, 99};
  const std::vector<std::int64_t> mask{1, 1, 1, 1, 0, 0};
  const auto a = of_padded(padded.data(), mask.data(), 2, 3, 2);

  const std::vector<float> packed{1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<std::int32_t> cu_seqlens{0, 3, 4};
  const auto b = of_packed(packed.data(), 4, 2, cu_seqlens);

  std::cout << "padded:\n" << a << "\n\npacked:\n" << b << "\n";
  const bool same = seqpool::as_matrix(a) == seqpool::as_matrix(b);  // as a matrix, for all that Eigen does with those
  std::cout << (same ? "\nthe same, bit for bit\n" : "\nnot the same\n");
  return same ? 0 : 1;
}
