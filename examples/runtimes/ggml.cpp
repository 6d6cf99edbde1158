// SPDX-License-Identifier: MIT
// ggml and llama.cpp: the tokens of a packed batch, to a vector of length 1 for each sequence.
#include <ggml.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iostream>
#include <seqpool/adapter/ggml.hpp>
#include <seqpool/seqpool.hpp>
#include <span>

// Tokens of all sequences one behind the other, ne = {hidden, tokens}; token i is of sequence seq_ids[i].
auto embed(const ggml_tensor& embeddings, std::span<const std::int32_t> seq_ids) {
  const auto x = seqpool::adapter::hidden_states<float>(embeddings);
  const auto spans = seqpool::adapter::spans_of(seq_ids);
  return seqpool::Embedder{seqpool::Mean{}, seqpool::Normalize{}}.embed(x, spans);
}

int main() {
  // In your program: a node of the graph that was computed, and the seq_id of the llama_batch.
  constexpr std::array<float, 6> states{1, 2, 5, 6, 8, 6};
  constexpr std::array<std::int32_t, 3> seq_ids{0, 0, 1};
  ggml_context* const context = ggml_init({1 << 16, nullptr, false});
  ggml_tensor* const embeddings = ggml_new_tensor_2d(context, GGML_TYPE_F32, 2, 3);
  std::copy(states.begin(), states.end(), static_cast<float*>(embeddings->data));
  const auto vectors = embed(*embeddings, seq_ids);
  ggml_free(context);

  std::cout << vectors << "\n";  // 0.6 0.8, 0.8 0.6
  return seqpool::as_matrix(vectors).isApprox(Eigen::Matrix2f{{0.6f, 0.8f}, {0.8f, 0.6f}}) ? 0 : 1;
}
