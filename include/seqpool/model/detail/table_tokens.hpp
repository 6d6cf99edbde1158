// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/arguments.hpp>
#include <seqpool/model/detail/folders.hpp>

#include <functional>
#include <utility>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// Token ids as the rows of an embedding table that stand for them: a `Sequences` of tokens that are copied a block at a
// time. Ids are of any type and layout, and asked for only where tokens are real.
class TableTokens {
 public:
  using value_type = float;
  using Ids = std::function<Index(Index b, Index s)>;

  TableTokens(const EmbeddingTable& table, Index batch, Index seq, Ids ids)
      : table_(table), batch_(batch), seq_(seq), ids_(std::move(ids)) {}

  [[nodiscard]] Index batch() const noexcept { return batch_; }
  [[nodiscard]] Index seq() const noexcept { return seq_; }
  [[nodiscard]] Index seq(Index) const noexcept { return seq_; }
  [[nodiscard]] Index hidden() const noexcept { return table_.features; }

  // Throws std::invalid_argument for an id that is no word's.
  void copy(Index b, Run run, float* out) const;

 private:
  const EmbeddingTable& table_;
  Index batch_;
  Index seq_;
  Ids ids_;
};

// ---------------------------------------------------------------------------------------------------------------------

inline void TableTokens::copy(Index b, Run run, float* out) const {
  for (Index s = run.begin; s < run.end; ++s, out += hidden()) {
    const Index id = ids_(b, s);
    if (id < 0 || id >= table_.vocabulary()) detail::refuse_id(id, table_.vocabulary());
    const auto i = static_cast<std::size_t>(id);
    table_.copy_row(table_.row_of.empty() ? id : table_.row_of[i], table_.weights.empty() ? 1 : table_.weights[i], out);
  }
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
