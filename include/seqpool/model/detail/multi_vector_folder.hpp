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

// Folders of models that make a vector of each token: those of sentence-transformers and of PyLate, Stanford's, those
// of Transformers' ...ForRetrieval, and BGE-M3's second head.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// The head of a model that is one layer: what its weights are called.
struct Projection {
  std::string_view name;
  bool has_bias;
};

// By the class that config.json names: Stanford's, and those of Transformers.
inline constexpr std::array<Named<Projection>, 5> projections{{
    {"HF_ColBERT", {"linear", false}},
    {"ColModernVBertForRetrieval", {"embedding_proj_layer", true}},
    {"ColPaliForRetrieval", {"embedding_proj_layer", true}},
    {"ColQwen2ForRetrieval", {"embedding_proj_layer", true}},
    {"NeoMMEForRetrieval", {"multi_vector_head.proj", false}},
}};

// What the weights of their encoders' names begin with.
inline constexpr std::array<std::string_view, 7> encoder_prefixes{"bert.",  "deberta.", "distilbert.", "electra.",
                                                                  "model.", "roberta.", "vlm."};

inline constexpr std::string_view pylate_dense = "pylate.models.Dense.Dense";

// ---------------------------------------------------------------------------------------------------------------------

// Python's string.punctuation, what PyLate and Stanford take out of documents unless a folder says otherwise.
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
  weights.refuse_unused([](std::string_view name) {
    const auto begins = [&](std::string_view prefix) { return name.starts_with(prefix); };
    return std::any_of(encoder_prefixes.begin(), encoder_prefixes.end(), begins);
  });
  return normalized(result, projection);
}

// Null if the first of `architectures` is none of these, or there is none.
inline const Named<Projection>* find_projection(const Folder& folder) {
  const Config config = config_if_there(folder, "config.json");
  const std::string name = config.has("architectures") ? detail::architecture(config) : "";
  for (const auto& known : projections)
    if (known.name == name) return &known;
  return nullptr;
}

// The prefixes of its tasks are tokens behind the first one.
inline HeadList read_stanford(MultiVectorFolder& result, const Folder& folder) {
  const Config config = config_if_there(folder, "artifact.metadata");
  // "l2" is for training: its searches take products, as all do.
  constexpr std::array<Named<bool>, 2> similarities{{{"cosine", true}, {"l2", true}}};
  constexpr std::array<Named<bool>, 1> interactions{{{"colbert", true}}};
  static_cast<void>(detail::chosen(config, "similarity", similarities));
  static_cast<void>(detail::chosen(config, "interaction", interactions));
  result.settings.prompts = {{"query", config.text("query_token_id", "[unused0]") + " "},
                             {"document", config.text("doc_token_id", "[unused1]") + " "}};
  result.query_length = config.count("query_maxlen", 32);
  if (config.has("doc_maxlen")) result.document_length = config.count("doc_maxlen");
  result.do_query_expansion = true;
  result.attend_to_expansion_tokens = config.flag("attend_to_mask_tokens", false);
  if (config.flag("mask_punctuation", true)) result.skiplist_words = punctuation();
  return read_projection(result, folder, projections.front().value, config.count("dim", -1));
}

// FlagEmbedding's: of each token but the first, and scores are divided by the query's tokens.
inline HeadList read_bge_m3(MultiVectorFolder& result, const Folder& folder, const std::filesystem::path& file) {
  result.settings.max_seq_length = read_max_seq_length(folder);
  result.settings.similarity = "meanmaxsim";
  result.skipped_tokens = 1;
  Checkpoint weights = Checkpoint::at(file);
  const Matrix weight = weights.matrix("weight", -1, hidden_size(folder.config("config.json")));
  const Linear<float> projection(weight, weights.vector("bias", weight.dimension(0)));
  weights.refuse_unused();
  return normalized(result, projection);
}

// What PyLate's `encode` takes where the folder does not say so. How many tokens the encoder takes is not among it:
// what is saved is the length of the last text.
inline void read_pylate(MultiVectorFolder& result, const Config& config) {
  constexpr std::array<Named<bool>, 2> types{{{"ColBERT", true}, {"SentenceTransformer", true}}};
  constexpr std::array<Named<bool>, 1> similarities{{{"MaxSim", true}}};
  static_cast<void>(detail::chosen(config, "model_type", types));
  static_cast<void>(detail::chosen(config, "similarity_fn_name", similarities));
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

inline void read_lengths(MultiVectorFolder& result, const Folder& encoder) {
  const Config config = config_if_there(encoder, "sentence_bert_config.json");
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

// PyLate's modules are Dense alone: it normalizes what comes out of them.
inline HeadList read_token_modules(MultiVectorFolder& result, const Folder& folder) {
  constexpr std::array<std::string_view, 3> understood{"Dense", "MultiVectorMask", "Normalize"};
  const auto modules = read_modules(folder, pylate_dense);
  const Config config = config_if_there(folder, "config_sentence_transformers.json");
  const bool is_pylate = config.text("model_type", "") == "ColBERT" ||
                         config.text("similarity_fn_name", "") == "MaxSim" ||
                         std::any_of(modules.begin() + 1, modules.end(), [](auto& module) { return !module.is_own; });
  const auto expected = std::span(understood).first(is_pylate ? 1 : understood.size());
  if (!is_pylate) result.settings = read_settings(folder, multi_vector_models, multi_vector_similarities);
  if (modules[0].type != "Transformer")
    refuse_module(modules[0], "as the encoder of tokens", std::array<std::string_view, 1>{"Transformer"});
  const Folder& encoder = modules[0].folder;
  const Config own = encoder.config("config.json");
  const auto* const known = find_projection(encoder);
  const bool projects = known != nullptr && known != &projections.front();
  check_encoder_output(modules[0], projects ? retrieval_output : hidden_states_output);
  if (is_pylate)
    read_pylate(result, config);
  else
    read_lengths(result, encoder);
  if (!projects) result.hidden = hidden_size(own);
  HeadList heads = projects ? read_projection(result, encoder, known->value, own.count("embedding_dim", -1))
                            : HeadList(result.hidden);
  for (const Module& module : std::span(modules).subspan(1)) {
    if (module.type == "Dense")
      add_dense(heads, module.folder, token_features);
    else if (module.type == "Normalize" && !is_pylate)
      add_normalize(heads, module.folder, token_features);
    else if (module.type == "MultiVectorMask" && !is_pylate)
      read_mask(result, module.folder);
    else
      refuse_module(module, is_pylate ? "of PyLate's ColBERT" : "of a MultiVectorEncoder", expected);
  }
  if (is_pylate) heads.add(Normalize{}, "normalize");
  return heads;
}

inline HeadList read_bare_tokens(MultiVectorFolder& result, const Folder& folder) {
  refuse_adapter(folder);
  if (!folder.has("config.json")) refuse_gguf(folder);
  const auto* const known = find_projection(folder);
  if (folder.has("artifact.metadata") || known == &projections.front()) return read_stanford(result, folder);
  if (known != nullptr)
    return read_projection(result, folder, known->value, folder.config("config.json").count("embedding_dim", -1));
  static_cast<void>(read_settings(folder, multi_vector_models, multi_vector_similarities));
  detail::refuse(folder.file("modules.json"),
                 {"is missing, and config.json names no class whose vectors are known, which are ",
                  quoted_list(names_of(projections)), "; ", save_by_python, ", and that folder is read"});
}

SEQPOOL_BODY MultiVectorFolder read_multi_vector_folder(const std::filesystem::path& path) {
  constexpr const char* bge_m3 = "colbert_linear.safetensors";
  const Folder folder(path);
  MultiVectorFolder result;
  result.settings.similarity = "maxsim";
  if (!folder.has(bge_m3) && folder.has("colbert_linear.pt"))
    detail::refuse(folder.file("colbert_linear.pt"),
                   {"is BGE-M3's, a Python pickle, which is not read; write it as ", bge_m3,
                    ", in that folder: python3 -c \"import torch; from safetensors.torch import save_file; "
                    "save_file(torch.load('colbert_linear.pt', map_location='cpu', weights_only=True), '",
                    bge_m3, "')\""});
  const HeadList heads = folder.has(bge_m3)           ? read_bge_m3(result, folder, path / bge_m3)
                         : folder.has("modules.json") ? read_token_modules(result, folder)
                                                      : read_bare_tokens(result, folder);
  result.heads = heads.head();
  result.dimension = heads.width();
  result.summary = "each token" + heads.summary();
  return result;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
