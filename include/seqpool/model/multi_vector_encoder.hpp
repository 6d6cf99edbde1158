// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/model/detail/arguments.hpp>
#include <seqpool/model/detail/folders.hpp>
#if defined(SEQPOOL_MODEL_BODIES)
#include <seqpool/model/detail/encode_settings.hpp>
#include <seqpool/model/detail/encoder_output.hpp>
#include <seqpool/model/detail/transformers_config.hpp>
#endif

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model {

/// A folder of sentence-transformers' MultiVectorEncoder (such as ColBERT): each token becomes a vector of its own, by
/// the Dense and Normalize that follow the encoder in the folder.
///
///     const seqpool::model::MultiVectorEncoder model("GTE-ModernColBERT-v1");
///     const auto vectors = model.token_vectors(hidden_states, mask);  // [batch, seq, dimension], zeros for padding
///     const auto scores = seqpool::pool(seqpool::MaxSim{query}, vectors, mask);  // query [k, dimension], [batch, 1]
///
/// The mask keeps the tokens that `encode` gives vectors for: also those of a query's expansion, and none of a
/// document's `skiplist_words`, whose ids the tokenizer knows. Hidden states, errors, cost and numerics are those of
/// `SentenceTransformer`. Padded tokens are never read.
///
/// **Source**: sentence-transformers 6.2.
class MultiVectorEncoder {
 public:
  explicit MultiVectorEncoder(const std::filesystem::path& folder);

  /// The vectors of `MultiVectorEncoder.encode`, from the hidden states that its encoder gave.
  ///
  /// **Shapes**: x: `[batch, seq, hidden]`; mask: `[batch, seq]` or `Lengths` `[batch]`; result:
  /// `[batch, seq, dimension]`, row-major; zeros for tokens that the mask leaves out.
  /// **Errors**: those of `pool`, and `std::invalid_argument` if hidden is not the model's.
  template <class X, class M = AllTokens, class D = CallingThread>
  [[nodiscard]] Eigen::Tensor<float, 3, Eigen::RowMajor> token_vectors(const X& x, const M& mask = {},
                                                                       const D& device = {}) const;

  /// "each token -> Dense 768->128 -> normalize"
  [[nodiscard]] const std::string& summary() const noexcept { return summary_; }
  /// Features of a token, and of a vector.
  [[nodiscard]] Index hidden() const noexcept { return hidden_; }
  [[nodiscard]] Index dimension() const noexcept { return dimension_; }
  /// How many tokens the encoder takes, if the folder says so.
  [[nodiscard]] std::optional<Index> max_seq_length() const noexcept { return settings_.max_seq_length; }
  /// What to write in front of a text before tokenizing it, by name: "query" and "document".
  [[nodiscard]] const std::map<std::string, std::string>& prompts() const noexcept { return settings_.prompts; }
  /// The name of the prompt that is used if none is asked for.
  [[nodiscard]] const std::optional<std::string>& default_prompt_name() const noexcept {
    return settings_.default_prompt_name;
  }
  /// "maxsim", what `MaxSim` gives, or "meanmaxsim", that divided by k.
  [[nodiscard]] const std::string& similarity_function() const noexcept { return settings_.similarity; }
  /// Tokens that get no vector in texts of `skiplist_tasks`, "document" or "query": take them out of the mask.
  [[nodiscard]] const std::vector<std::string>& skiplist_words() const noexcept { return skiplist_words_; }
  [[nodiscard]] const std::vector<std::string>& skiplist_tasks() const noexcept { return skiplist_tasks_; }

 private:
  detail::EncodeSettings settings_;
  std::vector<std::string> skiplist_words_;
  std::vector<std::string> skiplist_tasks_{"document"};
  AnyHead<float> heads_{std::vector<AnyHead<float>>()};
  Index hidden_ = 0;
  Index dimension_ = 0;
  std::string summary_;
};

// ---------------------------------------------------------------------------------------------------------------------

template <class X, class M, class D>
Eigen::Tensor<float, 3, Eigen::RowMajor> MultiVectorEncoder::token_vectors(const X& x, const M& mask,
                                                                           const D& device) const {
  return detail::map_tokens(heads_, hidden_, x, mask, device);
}

#if defined(SEQPOOL_MODEL_BODIES)

namespace detail {

// Throws Error if the folder is of a format of multi-vector models that only Python reads, or has no modules.
inline void refuse_other_formats(const Folder& folder) {
  const std::string remedy = std::string("; ") + std::string(save_by_python) + ", and that folder is read";
  if (folder.has("modules.json")) {
    const Json modules = folder.json("modules.json");
    const auto is_pylate = [](const Json& module) {
      const bool is_config = module.is(Json::Kind::object) && detail::special_number(module).empty();
      const Config config("", is_config ? module : Json::object());
      return config.is_text("type") && config.text("type").starts_with("pylate.");
    };
    const auto all = modules.is(Json::Kind::array) ? modules.elements() : std::vector<Json>();
    if (std::any_of(all.begin(), all.end(), is_pylate))
      detail::refuse(folder.file("modules.json"), {"is of PyLate, whose folders are not read", remedy});
    return;
  }
  refuse_adapter(folder);
  if (!folder.has("config.json")) {
    refuse_gguf(folder);
  } else {
    const Config config = folder.config("config.json");
    const auto architectures = config.has("architectures") ? config.texts("architectures") : std::vector<std::string>();
    for (const std::string& name : architectures)
      if (name == "HF_ColBERT" || name.ends_with("ForRetrieval"))
        config.refuse("architectures", {"is '", io::detail::excerpt(name), "': ",
                                        (name == "HF_ColBERT" ? "Stanford's ColBERT" : "a model of Transformers"),
                                        " without modules.json, which is not read", remedy});
  }
  if (folder.has("artifact.metadata"))
    detail::refuse(folder.file("artifact.metadata"), {"is of Stanford's ColBERT, whose folders are not read", remedy});
  detail::refuse(folder.file("modules.json"),
                 {"is missing, and without it nothing says what comes behind the encoder", remedy});
}

}  // namespace detail

SEQPOOL_BODY MultiVectorEncoder::MultiVectorEncoder(const std::filesystem::path& path) {
  constexpr std::array<std::string_view, 3> understood{"Dense", "MultiVectorMask", "Normalize"};
  const detail::Folder folder(path);
  settings_ = detail::read_settings(folder, detail::multi_vector_models, detail::multi_vector_similarities);
  detail::refuse_other_formats(folder);
  const auto read_mask = [this](const detail::Folder& masks) {
    const auto config = masks.config("config.json");
    config.refuse_others({"skiplist_words", "skiplist_tasks", "keep_only_token_ids"});
    if (config.has("keep_only_token_ids"))
      config.refuse("keep_only_token_ids", {"says which tokens of an image get a vector, which is not understood"});
    if (config.has("skiplist_words")) skiplist_words_ = config.texts("skiplist_words");
    if (config.has("skiplist_tasks")) skiplist_tasks_ = config.texts("skiplist_tasks");
  };
  const auto modules = detail::read_modules(folder);
  if (modules[0].type != "Transformer")
    detail::refuse_module(modules[0], "as the encoder of tokens", std::array<std::string_view, 1>{"Transformer"});
  settings_.max_seq_length = detail::read_max_seq_length(modules[0].folder);
  detail::check_encoder_output(modules[0], detail::hidden_states_output);
  hidden_ = detail::hidden_size(modules[0].folder.config("config.json"));
  detail::HeadList heads(hidden_);
  for (std::size_t i = 1; i < modules.size(); ++i) {
    if (modules[i].type == "Dense")
      detail::add_dense(heads, modules[i].folder, detail::token_features);
    else if (modules[i].type == "Normalize")
      detail::add_normalize(heads, modules[i].folder, detail::token_features);
    else if (modules[i].type == "MultiVectorMask")
      read_mask(modules[i].folder);
    else
      detail::refuse_module(modules[i], "of a MultiVectorEncoder", understood);
  }
  heads_ = heads.head();
  dimension_ = heads.width();
  summary_ = "each token" + heads.summary();
}

#endif

}  // namespace seqpool::inline SEQPOOL_ABI::model
