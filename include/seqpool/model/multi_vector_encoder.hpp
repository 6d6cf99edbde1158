// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/model/detail/arguments.hpp>
#include <seqpool/model/detail/folders.hpp>
#if defined(SEQPOOL_MODEL_BODIES)
#include <seqpool/model/detail/multi_vector_folder.hpp>
#endif

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model {

/// A folder of a late interaction model, such as ColBERT: each token becomes a vector of its own, by what follows the
/// encoder in the folder.
///
///     const seqpool::model::MultiVectorEncoder model("GTE-ModernColBERT-v1");
///     const auto vectors = model.token_vectors(hidden_states, mask);  // [batch, seq, dimension], zeros for padding
///     const auto scores = seqpool::pool(seqpool::MaxSim{query}, vectors, mask);  // query [k, dimension], [batch, 1]
///
/// It reads folders of sentence-transformers' MultiVectorEncoder and of PyLate, Stanford's ColBERT, Transformers'
/// ColPali, ColQwen2, ColModernVBERT and NeoMME ...ForRetrieval, and BGE-M3 with its `colbert_linear.safetensors`.
///
/// The mask keeps the tokens that Python has vectors for: also those of a query's expansion, none of a document's
/// `skiplist_words`, whose ids the tokenizer knows, and not the first `skipped_tokens()`. Hidden states, errors, cost
/// and numerics are those of `SentenceTransformer`. Padded tokens are never read.
///
/// **Source**: sentence-transformers 6.2, PyLate 1.2 and 1.6, ColBERT 0.2, Transformers 5.24, FlagEmbedding 1.4.
class MultiVectorEncoder {
 public:
  explicit MultiVectorEncoder(const std::filesystem::path& folder)
      : folder_(detail::read_multi_vector_folder(folder)) {}

  /// The vectors that the model's `encode` gives in Python, from the hidden states that its encoder gave.
  ///
  /// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result:
  /// `[batch, seq, dimension]`, row-major; zeros for tokens that the mask leaves out.
  /// **Errors**: those of `pool`, and `std::invalid_argument` if hidden is not the model's.
  template <class X, class M = AllTokens, class D = CallingThread>
  [[nodiscard]] Eigen::Tensor<float, 3, Eigen::RowMajor> token_vectors(const X& x, const M& mask = {},
                                                                       const D& device = {}) const;

  /// "each token -> Dense 768->128 -> normalize"
  [[nodiscard]] const std::string& summary() const noexcept { return folder_.summary; }
  /// Features of a token, and of a vector.
  [[nodiscard]] Index hidden() const noexcept { return folder_.hidden; }
  [[nodiscard]] Index dimension() const noexcept { return folder_.dimension; }
  /// How many tokens the encoder takes, if the folder says so. For PyLate's the two below say it.
  [[nodiscard]] std::optional<Index> max_seq_length() const noexcept { return folder_.settings.max_seq_length; }
  /// How many tokens a query or a document is cut to, with its prompt and special tokens, if the folder says so.
  [[nodiscard]] std::optional<Index> query_length() const noexcept { return folder_.query_length; }
  [[nodiscard]] std::optional<Index> document_length() const noexcept { return folder_.document_length; }
  /// Whether a query is filled up to `query_length()` with the tokenizer's mask token, and each of these tokens has a
  /// vector; and whether the encoder's own attention mask keeps them.
  [[nodiscard]] bool do_query_expansion() const noexcept { return folder_.do_query_expansion; }
  [[nodiscard]] bool attend_to_expansion_tokens() const noexcept { return folder_.attend_to_expansion_tokens; }
  /// What to write in front of a text before tokenizing it, by name: "query" and "document". What PyLate and Stanford
  /// put there is a single token of the tokenizer, behind its first one.
  [[nodiscard]] const std::map<std::string, std::string>& prompts() const noexcept { return folder_.settings.prompts; }
  /// The name of the prompt that is used if none is asked for.
  [[nodiscard]] const std::optional<std::string>& default_prompt_name() const noexcept {
    return folder_.settings.default_prompt_name;
  }
  /// "maxsim", what `MaxSim` gives, or "meanmaxsim", the same divided by the number of the query's tokens.
  [[nodiscard]] const std::string& similarity_function() const noexcept { return folder_.settings.similarity; }
  /// Tokens that get no vector in texts of `skiplist_tasks`, "document" or "query": take them out of the mask.
  [[nodiscard]] const std::vector<std::string>& skiplist_words() const noexcept { return folder_.skiplist_words; }
  [[nodiscard]] const std::vector<std::string>& skiplist_tasks() const noexcept { return folder_.skiplist_tasks; }
  /// How many tokens at the start of each text get no vector: 1 for BGE-M3 and 0 for all others. Take them out of the
  /// mask, as `skip_prefix` does.
  [[nodiscard]] Index skipped_tokens() const noexcept { return folder_.skipped_tokens; }

 private:
  detail::MultiVectorFolder folder_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class X, class M, class D>
Eigen::Tensor<float, 3, Eigen::RowMajor> MultiVectorEncoder::token_vectors(const X& x, const M& mask,
                                                                           const D& device) const {
  return detail::map_tokens(folder_.heads, hidden(), x, mask, device);
}

}  // namespace seqpool::inline SEQPOOL_ABI::model
