// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/choices.hpp>
#include <seqpool/model/detail/folder.hpp>
#include <seqpool/model/detail/folders.hpp>

#include <initializer_list>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// A class of sentence-transformers: what reads its folders, and its similarity function unless a folder says so.
struct ModelType {
  std::string_view name;
  std::string_view reader;
  std::string_view similarity;
};

inline constexpr std::string_view sentence_transformer = "SentenceTransformer";
inline constexpr std::string_view multi_vector_encoder = "MultiVectorEncoder";
inline constexpr std::array<ModelType, 5> model_types{{{"SentenceTransformer", sentence_transformer, "cosine"},
                                                       {"SparseEncoder", sentence_transformer, "dot"},
                                                       {"MultiVectorEncoder", multi_vector_encoder, "maxsim"},
                                                       {"ColBERT", multi_vector_encoder, "maxsim"},
                                                       {"CrossEncoder", "SequenceClassifier", ""}}};

// How to make a folder of a model that has none.
inline constexpr std::string_view save_by_python =
    "save it anew in Python, by sentence-transformers 6: MultiVectorEncoder(name).save(folder)";

// The settings of a folder for `reader`, whose name is the model's type if the folder does not say it. Throws Error for
// all that is not understood. The number of tokens is left out, which the encoder's folder says.
[[nodiscard]] inline EncodeSettings read_settings(const Folder& folder, std::string_view reader,
                                                  std::initializer_list<std::string_view> similarities);

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

// The similarity function of the model's type.
inline std::string_view own_similarity(const Config& config, std::string_view reader) {
  const std::string name = config.text("model_type", std::string(reader));
  std::vector<std::string_view> understood;
  for (const ModelType& type : model_types) {
    if (type.reader == reader) understood.push_back(type.name);
    if (type.name != name) continue;
    if (type.reader != reader) config.refuse("model_type", {"is '", name, "': read the folder as a ", type.reader});
    return type.similarity;
  }
  config.refuse_value("model_type", name, understood);
}

inline void read_prompts(EncodeSettings& settings, const Config& config) {
  const Config prompts = config.object("prompts", Config(config.file()));
  for (const auto& [name, text] : prompts.members()) settings.prompts[name] = prompts.text(name, "");
  if (config.has("default_prompt_name")) {
    settings.default_prompt_name = config.text("default_prompt_name");
    if (!settings.prompts.contains(*settings.default_prompt_name))
      config.refuse("default_prompt_name",
                    {"is '", io::detail::excerpt(*settings.default_prompt_name), "', which is none of the prompts"});
  }
}

inline EncodeSettings read_settings(const Folder& folder, std::string_view reader,
                                    std::initializer_list<std::string_view> similarities) {
  const Config config = folder.config_if_there("config_sentence_transformers.json");
  EncodeSettings settings;
  if (config.text("similarity_fn_name", "") == "MaxSim")
    config.refuse("similarity_fn_name", {"is 'MaxSim', of PyLate: read the folder as a MultiVectorEncoder"});
  settings.similarity = config.one_of("similarity_fn_name", own_similarity(config, reader), similarities);
  config.refuse_others({"__version__", "model_type", "prompts", "default_prompt_name", "similarity_fn_name",
                        "truncate_dim", "max_active_dims", "requirements"});
  read_prompts(settings, config);
  if (config.has("truncate_dim")) settings.truncate_dim = size_of(config, "truncate_dim");
  if (config.has("max_active_dims")) settings.max_active_dims = size_of(config, "max_active_dims");
  return settings;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
