// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/encode_settings.hpp>
#include <seqpool/model/detail/encoder_output.hpp>
#include <seqpool/model/detail/folders.hpp>
#include <seqpool/model/detail/transformers_config.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>

// Folders of models that make a vector of each token: of sentence-transformers, PyLate, Stanford and Transformers'
// ...ForRetrieval, and the second head of BGE-M3.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

inline constexpr std::array<std::string_view, 3> token_modules{"Dense", "MultiVectorMask", "Normalize"};
inline constexpr ModulePlace of_tokens{"of a MultiVectorEncoder", token_features, token_modules};
inline constexpr ModulePlace of_pylate{"of PyLate's ColBERT", token_features, dense_alone};
inline constexpr std::string_view pylate_dense = "pylate.models.Dense.Dense";

// ---------------------------------------------------------------------------------------------------------------------

// Python's string.punctuation, which PyLate and Stanford take out of documents unless a folder says otherwise.
inline std::vector<std::string> punctuation() {
  std::vector<std::string> all;
  for (const char c : std::string_view("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")) all.emplace_back(1, c);
  return all;
}

inline HeadList normalized(MultiVectorFolder& result, const Linear<float>& projection) {
  HeadList heads(result.hidden = projection.in());
  heads.add_layer(projection, "Linear");
  heads.add(Normalize{}, "normalize");
  return heads;
}

inline HeadList read_projection(MultiVectorFolder& result, const Folder& folder, const Projection& known, Index width) {
  Checkpoint weights(folder);
  const auto projection = read_linear(weights, std::string(known.name), width, -1, known.has_bias);
  weights.pass_over_all("bert. deberta. distilbert. electra. model. roberta. vlm.");
  weights.refuse_unused();
  return normalized(result, projection);
}

// Each task has a prefix, which is a token behind the first one.
inline HeadList read_stanford(MultiVectorFolder& result, const Folder& folder) {
  const Config config = folder.config_if_there("artifact.metadata");
  // "l2" is for training: a search takes products with either.
  config.one_of("similarity", "cosine", {"cosine", "l2"});
  config.one_of("interaction", "colbert", {"colbert"});
  result.settings.prompts = {{"query", config.text("query_token_id", "[unused0]") + " "},
                             {"document", config.text("doc_token_id", "[unused1]") + " "}};
  result.query_length = config.count("query_maxlen", 32);
  if (config.has("doc_maxlen")) result.document_length = config.count("doc_maxlen");
  result.do_query_expansion = true;
  result.attend_to_expansion_tokens = config.flag("attend_to_mask_tokens", false);
  if (config.flag("mask_punctuation", true)) result.skiplist_words = punctuation();
  return read_projection(result, folder, stanford.value, config.count("dim", -1));
}

// FlagEmbedding gives each token but the first a vector, and divides scores by the number of the query's tokens.
inline HeadList read_bge_m3(MultiVectorFolder& result, const Folder& folder) {
  result.settings.max_seq_length = read_max_seq_length(folder);
  result.settings.similarity = "meanmaxsim";
  result.skipped_tokens = 1;
  const Index hidden = hidden_size(folder.config("config.json"));
  return normalized(result, read_bge_m3_layer(folder, "colbert_linear", -1, hidden));
}

// The defaults are those of PyLate's `encode`. How many tokens the encoder takes is not known: PyLate saves the length
// of the last text.
inline void read_pylate(MultiVectorFolder& result, const Config& config) {
  config.one_of("model_type", "ColBERT", {"ColBERT", "SentenceTransformer"});
  config.one_of("similarity_fn_name", "MaxSim", {"MaxSim"});
  config.refuse_others({"__version__", "model_type", "prompts", "default_prompt_name", "similarity_fn_name",
                        "query_prefix", "document_prefix", "query_length", "document_length", "do_query_expansion",
                        "attend_to_expansion_tokens", "skiplist_words"});
  read_prompts(result.settings, config);
  auto& prompts = result.settings.prompts;
  prompts["query"].insert(0, config.text("query_prefix", "[Q] "));
  prompts["document"].insert(0, config.text("document_prefix", "[D] "));
  result.query_length = size_of(config, "query_length", 32);
  result.document_length = size_of(config, "document_length", 180);
  result.do_query_expansion = config.flag("do_query_expansion", true);
  result.attend_to_expansion_tokens = result.do_query_expansion && config.flag("attend_to_expansion_tokens", false);
  result.skiplist_words = config.has("skiplist_words") ? config.texts("skiplist_words") : punctuation();
}

// sentence-transformers saves the lengths beside the encoder.
inline void read_saved(MultiVectorFolder& result, const Folder& folder, const Folder& encoder) {
  result.settings = read_settings(folder, multi_vector_encoder, {"maxsim", "meanmaxsim"});
  const Config config = encoder.config_if_there("sentence_bert_config.json");
  result.settings.max_seq_length = read_max_seq_length(encoder);
  if (config.has("query_length")) result.query_length = config.count("query_length");
  if (config.has("document_length")) result.document_length = config.count("document_length");
  result.do_query_expansion = config.has("query_expansion");
  if (!result.do_query_expansion) return;
  const Config expansion = config.object("query_expansion");
  result.query_length = expansion.count("length");
  result.attend_to_expansion_tokens = expansion.flag("attend", false);
}

inline void read_mask(MultiVectorFolder& result, const Folder& folder) {
  const Config config = folder.config("config.json");
  config.refuse_others({"skiplist_words", "skiplist_tasks", "keep_only_token_ids"});
  if (config.has("keep_only_token_ids"))
    config.refuse("keep_only_token_ids", {"says which tokens of an image get a vector, which is not understood"});
  if (config.has("skiplist_words")) result.skiplist_words = config.texts("skiplist_words");
  if (config.has("skiplist_tasks")) result.skiplist_tasks = config.texts("skiplist_tasks");
}

// PyLate has no modules but Dense, and normalizes what comes out of them.
inline HeadList read_token_modules(MultiVectorFolder& result, const Folder& folder) {
  const auto modules = read_modules(folder, pylate_dense);
  const Config config = folder.config_if_there("config_sentence_transformers.json");
  const bool is_pylate = config.text("model_type", "") == "ColBERT" ||
                         config.text("similarity_fn_name", "") == "MaxSim" ||
                         std::any_of(modules.begin() + 1, modules.end(), [](auto& module) { return !module.is_own; });
  check_module(modules[0], "as the encoder of tokens", {"Transformer"});
  const Folder& encoder = modules[0].folder;
  const Config own = encoder.config("config.json");
  const auto* const known = find_projection(own);
  const bool projects = known != nullptr && known->name != stanford.name;
  check_encoder_output(modules[0], projects ? retrieval_output : hidden_states_output);
  if (is_pylate)
    read_pylate(result, config);
  else
    read_saved(result, folder, encoder);
  HeadList heads = projects ? read_projection(result, encoder, known->value, own.count("embedding_dim", -1))
                            : HeadList(result.hidden = hidden_size(own));
  for (const Module& module : std::span(modules).subspan(1))
    if (module.type == "MultiVectorMask" && !is_pylate)
      read_mask(result, module.folder);
    else
      add_module(heads, module, is_pylate ? of_pylate : of_tokens);
  if (is_pylate) heads.add(Normalize{}, "normalize");
  return heads;
}

inline HeadList read_bare_tokens(MultiVectorFolder& result, const Folder& folder) {
  refuse_adapter(folder);
  if (!folder.has("config.json")) refuse_gguf(folder);
  const Config config = folder.config_if_there("config.json");
  const auto* const known = find_projection(config);
  if (folder.has("artifact.metadata") || (known != nullptr && known->name == stanford.name))
    return read_stanford(result, folder);
  if (known != nullptr) return read_projection(result, folder, known->value, config.count("embedding_dim", -1));
  static_cast<void>(read_settings(folder, multi_vector_encoder, {"maxsim", "meanmaxsim"}));
  detail::refuse(folder.file("modules.json"),
                 {"is missing, and config.json names no class whose vectors are known, which are ",
                  quoted_list(names_of(projections)), "; ", save_by_python, ", and that folder is read"});
}

SEQPOOL_BODY MultiVectorFolder read_multi_vector_folder(const std::filesystem::path& path) {
  const Folder folder(path);
  MultiVectorFolder result;
  result.settings.similarity = "maxsim";
  const bool is_bge_m3 = folder.has("colbert_linear.safetensors") || folder.has("colbert_linear.pt");
  const HeadList heads = is_bge_m3                    ? read_bge_m3(result, folder)
                         : folder.has("modules.json") ? read_token_modules(result, folder)
                                                      : read_bare_tokens(result, folder);
  result.heads = heads.head();
  result.dimension = heads.width();
  result.summary = "each token" + heads.summary();
  return result;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
