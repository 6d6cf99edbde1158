// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/io/message_text.hpp>
#include <seqpool/model/detail/config.hpp>
#include <seqpool/model/detail/folder.hpp>
#include <seqpool/scalar.hpp>
#include <seqpool/version.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// A class of sentence-transformers: its name, and the similarity function that it has unless a folder says so.
struct ModelType {
  std::string_view name;
  std::string_view similarity;
};

inline constexpr std::array<ModelType, 2> vector_models{{{"SentenceTransformer", "cosine"}, {"SparseEncoder", "dot"}}};
inline constexpr std::array<std::string_view, 4> vector_similarities{"cosine", "dot", "euclidean", "manhattan"};
inline constexpr std::array<ModelType, 1> multi_vector_models{{{"MultiVectorEncoder", "maxsim"}}};
inline constexpr std::array<std::string_view, 2> multi_vector_similarities{"maxsim", "meanmaxsim"};

// What makes a folder that is read of PyLate's and Stanford's.
inline constexpr std::string_view save_by_python =
    "save it anew in Python, by sentence-transformers 6: MultiVectorEncoder(name).save(folder)";

// What a folder of sentence-transformers says beside its modules.
struct EncodeSettings {
  std::optional<Index> max_seq_length;
  std::map<std::string, std::string> prompts;
  std::optional<std::string> default_prompt_name;
  std::string similarity;
  std::optional<Index> truncate_dim;
  std::optional<Index> max_active_dims;
};

// Of a folder of one of `types`, the first if it does not say of which. Throws Error for all that is not understood;
// what the folder does not say is left out. Of the number of tokens its encoder's folder says it.
[[nodiscard]] inline EncodeSettings read_settings(const Folder& folder, std::span<const ModelType> types,
                                                  std::span<const std::string_view> similarities);

// ---------------------------------------------------------------------------------------------------------------------

// Of the tokenizer, as far as a file says so: what `encode` cuts a text to.
inline std::optional<Index> read_max_seq_length(const Folder& encoder) {
  struct Place {
    const char* file;
    const char* key;
  };
  constexpr const char* length = "max_seq_length";
  for (const auto [file, key] :
       {Place{"sentence_bert_config.json", length}, Place{"sentence_roberta_config.json", length},
        Place{"sentence_distilbert_config.json", length}, Place{"sentence_camembert_config.json", length},
        Place{"sentence_albert_config.json", length}, Place{"sentence_xlm-roberta_config.json", length},
        Place{"sentence_xlnet_config.json", length}, Place{"wordembedding_config.json", length},
        Place{"tokenizer_config.json", "model_max_length"}}) {
    if (!encoder.has(file)) continue;
    const Config config = encoder.config(file);
    // Tokenizers without a limit say 1e30, or Infinity.
    if (config.has(key) && !config.is_infinite(key) && config.number(key) < 1e9) return config.count(key);
  }
  return {};
}

// The one of `types` that the folder says it is.
inline const ModelType& model_type(const Config& config, std::span<const ModelType> types,
                                   std::span<const std::string_view> similarities) {
  struct Reader {
    std::string_view type;
    std::string_view reader;
  };
  const std::string name = config.text("model_type", std::string(types.front().name));
  std::vector<std::string_view> understood;
  for (const ModelType& type : types) understood.push_back(type.name);
  const auto refuse_pylate = [&](std::string_view key, const std::string& value,
                                 std::span<const std::string_view> all) {
    config.refuse(key, "is '" + value + "', which is not understood; understood are " + quoted_list(all) +
                           ": the folder is of PyLate; " + std::string(save_by_python));
  };
  if (name == "ColBERT") refuse_pylate("model_type", name, understood);
  if (config.text("similarity_fn_name", "") == "MaxSim") refuse_pylate("similarity_fn_name", "MaxSim", similarities);
  const auto found = std::find_if(types.begin(), types.end(), [&](const ModelType& type) { return type.name == name; });
  if (found != types.end()) return *found;
  for (const auto [type, reader] :
       {Reader{"CrossEncoder", "SequenceClassifier"}, Reader{"MultiVectorEncoder", "MultiVectorEncoder"},
        Reader{"SentenceTransformer", "SentenceTransformer"}, Reader{"SparseEncoder", "SentenceTransformer"}})
    if (type == name) config.refuse("model_type", "is '" + name + "': read the folder as a " + std::string(reader));
  config.refuse_value("model_type", name, understood);
}

inline EncodeSettings read_settings(const Folder& folder, std::span<const ModelType> types,
                                    std::span<const std::string_view> similarities) {
  EncodeSettings settings;
  settings.similarity = types.front().similarity;
  if (!folder.has("config_sentence_transformers.json")) return settings;

  const Config config = folder.config("config_sentence_transformers.json");
  settings.similarity =
      config.text("similarity_fn_name", std::string(model_type(config, types, similarities).similarity));
  if (std::find(similarities.begin(), similarities.end(), settings.similarity) == similarities.end())
    config.refuse_value("similarity_fn_name", settings.similarity, similarities);
  config.refuse_others({"__version__", "model_type", "prompts", "default_prompt_name", "similarity_fn_name",
                        "truncate_dim", "max_active_dims", "requirements"});
  if (config.has("prompts")) {
    const Config prompts = config.object("prompts");
    for (const auto& [name, text] : prompts.members()) settings.prompts[name] = prompts.text(name, "");
  }
  if (config.has("default_prompt_name")) {
    settings.default_prompt_name = config.text("default_prompt_name");
    if (!settings.prompts.contains(*settings.default_prompt_name))
      config.refuse("default_prompt_name",
                    "is '" + io::detail::excerpt(*settings.default_prompt_name) + "', which is none of the prompts");
  }
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
