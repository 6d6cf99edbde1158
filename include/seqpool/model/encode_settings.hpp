// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_MODEL_ENCODE_SETTINGS_HPP
#define SEQPOOL_MODEL_ENCODE_SETTINGS_HPP

#include <seqpool/head/similarity.hpp>
#include <seqpool/io/message_text.hpp>
#include <seqpool/model/config.hpp>
#include <seqpool/model/folder.hpp>
#include <seqpool/scalar.hpp>
#include <seqpool/version.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// What a folder of sentence-transformers says beside its modules.
struct EncodeSettings {
  std::optional<Index> max_seq_length;
  std::map<std::string, std::string> prompts;
  std::optional<std::string> default_prompt_name;
  Similarity similarity = Similarity::cosine;
  std::optional<Index> truncate_dim;
  std::optional<Index> max_active_dims;
};

// Throws Error for all that is not understood; what the folder does not say is left out.
[[nodiscard]] inline EncodeSettings read_settings(const Folder& folder);

// ---------------------------------------------------------------------------------------------------------------------

// Of the tokenizer, as far as a file says so: what `encode` cuts a text to.
inline std::optional<Index> read_max_seq_length(const Folder& folder) {
  struct Place {
    const char* file;
    const char* key;
  };
  for (const auto [file, key] :
       {Place{"sentence_bert_config.json", "max_seq_length"}, Place{"tokenizer_config.json", "model_max_length"}}) {
    if (!folder.has(file)) continue;
    const Config config = folder.config(file);
    // Tokenizers without a limit say 1e30.
    if (config.has(key) && config.number(key) < 1e9) return config.count(key);
  }
  return {};
}

inline Similarity read_similarity(const Config& config, std::string_view key) {
  constexpr std::array all{Similarity::cosine, Similarity::dot, Similarity::euclidean, Similarity::manhattan};
  if (!config.has(key)) return all.front();
  const std::string name = config.text(key);
  std::vector<std::string_view> understood;
  for (const Similarity similarity : all) {
    if (name_of(similarity) == name) return similarity;
    understood.push_back(name_of(similarity));
  }
  config.refuse_value(key, name, understood);
}

inline EncodeSettings read_settings(const Folder& folder) {
  EncodeSettings settings;
  settings.max_seq_length = read_max_seq_length(folder);
  if (!folder.has("config_sentence_transformers.json")) return settings;

  const Config config = folder.config("config_sentence_transformers.json");
  const std::array<std::string_view, 2> types{"SentenceTransformer", "SparseEncoder"};
  const std::string type = config.text("model_type", std::string(types[0]));
  if (type == "CrossEncoder") config.refuse("model_type", "is 'CrossEncoder': read the folder as a SequenceClassifier");
  if (std::find(types.begin(), types.end(), type) == types.end()) config.refuse_value("model_type", type, types);
  config.refuse_others({"__version__", "model_type", "prompts", "default_prompt_name", "similarity_fn_name",
                        "truncate_dim", "max_active_dims", "requirements"});
  if (config.has("prompts")) {
    const Config prompts = config.object("prompts");
    prompts.each([&](const std::string& name, const Json&) { settings.prompts[name] = prompts.text(name, ""); });
  }
  if (config.has("default_prompt_name")) {
    settings.default_prompt_name = config.text("default_prompt_name");
    if (!settings.prompts.contains(*settings.default_prompt_name))
      config.refuse("default_prompt_name",
                    "is '" + io::detail::excerpt(*settings.default_prompt_name) + "', which is none of the prompts");
  }
  settings.similarity = read_similarity(config, "similarity_fn_name");
  const auto limit = [&](std::string_view key) {
    if (!config.has(key)) return std::optional<Index>();
    if (config.count(key) < 1) config.refuse(key, "must be 1 or more");
    return std::optional<Index>(config.count(key));
  };
  settings.truncate_dim = limit("truncate_dim");
  settings.max_active_dims = limit("max_active_dims");
  return settings;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail

#endif
