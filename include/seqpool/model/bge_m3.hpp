// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/head/dense.hpp>
#include <seqpool/io/compiled.hpp>
#if defined(SEQPOOL_MODEL_BODIES)
#include <seqpool/model/detail/head_list.hpp>
#endif

#include <filesystem>

namespace seqpool::inline SEQPOOL_ABI::model {

/// The head that makes each token's weight, relu(w x + b), of BGE-M3's hidden states, for `lexical_weights`.
///
///     const auto head = seqpool::model::bge_m3_sparse_head("bge-m3");
///     const auto weights = seqpool::map_tokens(head, hidden_states, mask);  // [batch, seq, 1]
///     const auto vectors = seqpool::lexical_weights(weights, input_ids, mask, {0, 1, 2, 3});
///
/// Its dense vectors are those of `SentenceTransformer` of the same folder.
///
/// **Shapes**: rows `[n, hidden]` to `[n, 1]`.
/// **Errors**: `Error` if the folder has no sparse_linear.safetensors, or another head in it.
/// **Source**: FlagEmbedding's BGEM3FlagModel: `weight` [1, hidden] and `bias` [1] of its sparse_linear.pt, which is a
/// pickle and has to be written as safetensors.
[[nodiscard]] SEQPOOL_BODY Dense<float> bge_m3_sparse_head(const std::filesystem::path& folder);

// ---------------------------------------------------------------------------------------------------------------------

#if defined(SEQPOOL_MODEL_BODIES)

SEQPOOL_BODY Dense<float> bge_m3_sparse_head(const std::filesystem::path& path) {
  return {detail::read_bge_m3_layer(detail::Folder(path), "sparse_linear", 1, -1), Activation::relu};
}

#endif

}  // namespace seqpool::inline SEQPOOL_ABI::model
