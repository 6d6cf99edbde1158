// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/arguments.hpp>
#include <seqpool/model/detail/checkpoint.hpp>
#include <seqpool/model/detail/folders.hpp>

#include <cstdint>
#include <memory>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// Reads a table of embeddings in place of an encoder: embedding.weight of sentence-transformers' StaticEmbedding, or
// embeddings of model2vec, which may come with the row and the weight of each token id.
//
// The file stays mapped and is never read as a whole, so no number of the table is checked.
inline void read_static_embedding(VectorFolder& result, const Folder& folder);

// ---------------------------------------------------------------------------------------------------------------------

inline void read_static_embedding(VectorFolder& result, const Folder& folder) {
  const auto file = std::make_shared<Checkpoint>(folder);
  const bool is_model2vec = file->has("embeddings") && !file->has("embedding.weight");
  std::vector<Index> row_of;  // by token id; empty if each id has its own row
  if (is_model2vec && file->has("mapping"))
    file->visit<1, std::int32_t, std::int64_t>("mapping", {-1}, "rows; I32 and I64 are", [&](const auto& stored) {
      if (stored.size() == 0) file->refuse("mapping", {"has no words"});
      row_of.assign(stored.data(), stored.data() + stored.size());
    });
  file->visit_weights<2>(is_model2vec ? "embeddings" : "embedding.weight", {-1, -1}, [&](const auto& table) {
    const Index rows = table.dimension(0);
    const Index features = table.dimension(1);
    for (const Index row : row_of)
      if (row < 0 || row >= rows)
        file->refuse("mapping", {"names row ", row, ", but 'embeddings' has ", rows, " rows"});
    const Index words = row_of.empty() ? rows : static_cast<Index>(row_of.size());
    const bool weighted = is_model2vec && file->has("weights");
    const Vector weights = weighted ? file->vector("weights", words) : Vector();
    result.summary =
        (weighted ? "weighted table " : "table ") + std::to_string(rows) + "x" + std::to_string(features) + " -> ";
    result.pooling.modes = {Mode::mean};
    result.pooling.hidden = features;
    result.write_word = [file, table, row_of, words, weights, features](Index id, float* out) {
      if (id < 0 || id >= words) seqpool::detail::refuse_id(id, words);
      const auto* next = table.data() + (row_of.empty() ? id : row_of[static_cast<std::size_t>(id)]) * features;
      const float weight = weights.size() == 0 ? 1 : weights(id);
      for (Index f = 0; f < features; ++f) *out++ = weight * static_cast<float>(widen(*next++));
    };
  });
  file->refuse_unused();
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
