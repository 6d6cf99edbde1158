// SPDX-License-Identifier: MIT
// Hidden states where something has left them: a pointer and sizes, padded or packed, or a matrix. Nothing is copied.
// For the tensors of ONNX Runtime, OpenVINO, libtorch, DLPack and ggml see the programs in runtimes/.
#include <cstdint>
#include <iostream>
#include <seqpool/adapter/eigen.hpp>
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

// One sequence in an Eigen matrix, [seq, hidden].
auto of_matrix(const Eigen::MatrixXf& tokens) {
  const auto x = seqpool::adapter::hidden_states(tokens);  // [1, seq, hidden]
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

  const auto c = of_matrix(Eigen::MatrixXf{{1, 2}, {3, 4}, {5, 6}});

  std::cout << "padded:\n" << a << "\n\npacked:\n" << b << "\n\nthe first as a matrix:\n" << c << "\n";
  const auto vectors = seqpool::as_matrix(a);  // as a matrix, for all that Eigen does with those
  const bool same = vectors == seqpool::as_matrix(b) && vectors.row(0) == seqpool::as_matrix(c);
  std::cout << (same ? "\nthe same, bit for bit\n" : "\nnot the same\n");
  return same ? 0 : 1;
}
