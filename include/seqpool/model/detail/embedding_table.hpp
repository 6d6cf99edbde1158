// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/checkpoint.hpp>
#include <seqpool/model/detail/folders.hpp>

#include <cstdint>
#include <memory>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// The table of a StaticEmbedding of sentence-transformers, embedding.weight, or of model2vec: embeddings, and where
// they are there `mapping`, the row of each token id, and `weights`, what each token is multiplied by.
//
// The file stays mapped, and the table is never read as a whole: no number in it is checked.
[[nodiscard]] inline EmbeddingTable read_embedding_table(const Folder& folder);

// ---------------------------------------------------------------------------------------------------------------------

inline EmbeddingTable read_embedding_table(const Folder& folder) {
  const auto file = std::make_shared<Checkpoint>(folder);
  const bool is_model2vec = file->has("embeddings") && !file->has("embedding.weight");
  EmbeddingTable table;
  file->visit_weights<2>(is_model2vec ? "embeddings" : "embedding.weight", {-1, -1}, [&](const auto& stored) {
    table.rows = stored.dimension(0);
    table.features = stored.dimension(1);
    table.copy_row = [file, stored](Index row, float weight, float* out) {
      const auto* next = stored.data() + row * stored.dimension(1);
      for (Index f = 0; f < stored.dimension(1); ++f) *out++ = weight * static_cast<float>(widen(*next++));
    };
  });
  if (is_model2vec && file->has("mapping"))
    file->visit<1, std::int32_t, std::int64_t>("mapping", {-1}, "rows; I32 and I64 are", [&](const auto& stored) {
      table.row_of.assign(stored.data(), stored.data() + stored.size());
    });
  for (const Index row : table.row_of)
    if (row < 0 || row >= table.rows)
      file->refuse("mapping", {"names row ", row, ", but 'embeddings' has ", table.rows, " rows"});
  if (is_model2vec && file->has("weights")) {
    const Vector weights = file->vector("weights", table.vocabulary());
    table.weights.assign(weights.data(), weights.data() + weights.size());
  }
  file->refuse_unused();
  return table;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
