// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/choices.hpp>
#include <seqpool/model/detail/folder.hpp>
#include <seqpool/model/detail/folders.hpp>

#include <span>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// A class of sentence-transformers: its name, and the similarity function that it has unless a folder says so.
using ModelType = Named<std::string_view>;

inline constexpr std::array<ModelType, 2> vector_models{{{"SentenceTransformer", "cosine"}, {"SparseEncoder", "dot"}}};
inline constexpr std::array<std::string_view, 4> vector_similarities{"cosine", "dot", "euclidean", "manhattan"};
inline constexpr std::array<ModelType, 1> multi_vector_models{{{"MultiVectorEncoder", "maxsim"}}};
inline constexpr std::array<std::string_view, 2> multi_vector_similarities{"maxsim", "meanmaxsim"};

// What makes a folder of many models that have none.
inline constexpr std::string_view save_by_python =
    "save it anew in Python, by sentence-transformers 6: MultiVectorEncoder(name).save(folder)";

// Of a folder of one of `types`, the first if it does not say of which. Throws Error for all that is not understood;
// what the folder does not say is left out. Of the number of tokens its encoder's folder says it.
[[nodiscard]] inline EncodeSettings read_settings(const Folder& folder, std::span<const ModelType> types,
                                                  std::span<const std::string_view> similarities);

// ---------------------------------------------------------------------------------------------------------------------

// Of the tokenizer, as far as a file says so: what `encode` cuts a text to.
inline std::optional<Index> read_max_seq_length(const Folder& encoder) {
  for (const std::string name :
       {"sentence_bert", "sentence_roberta", "sentence_distilbert", "sentence_camembert", "sentence_albert",
        "sentence_xlm-roberta", "sentence_xlnet", "wordembedding", "tokenizer"}) {
    const std::string file = name + "_config.json";
    const std::string key = name == "tokenizer" ? "model_max_length" : "max_seq_length";
    if (!encoder.has(file)) continue;
    const Config config = encoder.config(file);
    // Tokenizers without a limit say 1e30, or Infinity.
    if (config.has(key) && !config.is_infinite(key) && config.number(key) < 1e9) return config.count(key);
  }
  return {};
}

// The similarity function of the one of `types` that the folder says it is.
inline std::string_view own_similarity(const Config& config, std::span<const ModelType> types) {
  const std::string name = config.text("model_type", std::string(types.front().name));
  if (config.text("similarity_fn_name", "") == "MaxSim")
    config.refuse("similarity_fn_name", {"is 'MaxSim', of PyLate: read the folder as a MultiVectorEncoder"});
  for (const ModelType& other :
       {ModelType{"CrossEncoder", "SequenceClassifier"}, ModelType{"MultiVectorEncoder", "MultiVectorEncoder"},
        ModelType{"ColBERT", "MultiVectorEncoder"}, ModelType{"SentenceTransformer", "SentenceTransformer"},
        ModelType{"SparseEncoder", "SentenceTransformer"}})
    if (other.name == name && std::none_of(types.begin(), types.end(), [&](auto& type) { return type.name == name; }))
      config.refuse("model_type", {"is '", name, "': read the folder as a ", other.value});
  return detail::chosen(config, "model_type", types);
}

inline void read_prompts(EncodeSettings& settings, const Config& config) {
  if (config.has("prompts")) {
    const Config prompts = config.object("prompts");
    for (const auto& [name, text] : prompts.members()) settings.prompts[name] = prompts.text(name, "");
  }
  if (config.has("default_prompt_name")) {
    settings.default_prompt_name = config.text("default_prompt_name");
    if (!settings.prompts.contains(*settings.default_prompt_name))
      config.refuse("default_prompt_name",
                    {"is '", io::detail::excerpt(*settings.default_prompt_name), "', which is none of the prompts"});
  }
}

inline EncodeSettings read_settings(const Folder& folder, std::span<const ModelType> types,
                                    std::span<const std::string_view> similarities) {
  EncodeSettings settings;
  settings.similarity = types.front().value;
  if (!folder.has("config_sentence_transformers.json")) return settings;

  const Config config = folder.config("config_sentence_transformers.json");
  settings.similarity = config.text("similarity_fn_name", std::string(own_similarity(config, types)));
  if (std::find(similarities.begin(), similarities.end(), settings.similarity) == similarities.end())
    config.refuse_value("similarity_fn_name", settings.similarity, similarities);
  config.refuse_others({"__version__", "model_type", "prompts", "default_prompt_name", "similarity_fn_name",
                        "truncate_dim", "max_active_dims", "requirements"});
  read_prompts(settings, config);
  if (config.has("truncate_dim")) settings.truncate_dim = size_of(config, "truncate_dim");
  if (config.has("max_active_dims")) settings.max_active_dims = size_of(config, "max_active_dims");
  return settings;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
