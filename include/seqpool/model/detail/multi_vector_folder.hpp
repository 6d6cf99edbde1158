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

// The head of a class of Transformers, one layer: what its weights and those of its encoder are called.
struct Projection {
  std::string_view name;
  bool has_bias;
  std::string_view encoder;
};

inline constexpr std::array<Named<Projection>, 4> retrievers{{
    {"ColModernVBertForRetrieval", {"embedding_proj_layer", true, "vlm."}},
    {"ColPaliForRetrieval", {"embedding_proj_layer", true, "vlm."}},
    {"ColQwen2ForRetrieval", {"embedding_proj_layer", true, "vlm."}},
    {"NeoMMEForRetrieval", {"multi_vector_head.proj", false, "model."}},
}};

// What Stanford's code calls the encoder, by the class it is of.
inline constexpr std::array<std::string_view, 6> stanford_encoders{"bert.",    "deberta.", "distilbert.",
                                                                   "electra.", "model.",   "roberta."};

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

inline std::string architecture_if_said(const Folder& folder) {
  const Config config = config_if_there(folder, "config.json");
  return config.has("architectures") ? detail::architecture(config) : "";
}

inline const Projection* find_projection(std::string_view architecture) {
  for (const auto& [name, projection] : retrievers)
    if (name == architecture) return &projection;
  return nullptr;
}

inline HeadList read_retriever(MultiVectorFolder& result, const Folder& folder, const Projection& known) {
  Checkpoint weights(folder);
  const Index width = folder.config("config.json").count("embedding_dim", -1);
  const auto projection = read_linear(weights, std::string(known.name), width, -1, known.has_bias);
  weights.refuse_unused([&](std::string_view name) { return name.starts_with(known.encoder); });
  return normalized(result, projection);
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
  Checkpoint weights(folder);
  const auto projection = read_linear(weights, "linear", config.count("dim", -1), -1, false);
  weights.refuse_unused([](std::string_view name) {
    return std::any_of(stanford_encoders.begin(), stanford_encoders.end(),
                       [&](std::string_view encoder) { return name.starts_with(encoder); });
  });
  return normalized(result, projection);
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
  const Projection* const projection = find_projection(architecture_if_said(encoder));
  check_encoder_output(modules[0], projection != nullptr ? retrieval_output : hidden_states_output);
  if (is_pylate) {
    read_pylate(result, config);
  } else {
    result.settings.max_seq_length = read_max_seq_length(encoder);
    read_lengths(result, encoder);
  }
  if (projection == nullptr) result.hidden = hidden_size(encoder.config("config.json"));
  HeadList heads = projection != nullptr ? read_retriever(result, encoder, *projection) : HeadList(result.hidden);
  for (std::size_t i = 1; i < modules.size(); ++i) {
    if (std::find(expected.begin(), expected.end(), modules[i].type) == expected.end())
      refuse_module(modules[i], is_pylate ? "of PyLate's ColBERT" : "of a MultiVectorEncoder", expected);
    if (modules[i].type == "Dense")
      add_dense(heads, modules[i].folder, token_features);
    else if (modules[i].type == "Normalize")
      add_normalize(heads, modules[i].folder, token_features);
    else
      read_mask(result, modules[i].folder);
  }
  if (is_pylate) heads.add(Normalize{}, "normalize");
  return heads;
}

inline HeadList read_bare_tokens(MultiVectorFolder& result, const Folder& folder) {
  refuse_adapter(folder);
  if (!folder.has("config.json")) refuse_gguf(folder);
  const std::string architecture = architecture_if_said(folder);
  if (architecture == "HF_ColBERT" || folder.has("artifact.metadata")) return read_stanford(result, folder);
  if (const auto* const projection = find_projection(architecture)) return read_retriever(result, folder, *projection);
  static_cast<void>(read_settings(folder, multi_vector_models, multi_vector_similarities));
  if (architecture.ends_with("ForRetrieval"))
    folder.config("config.json").refuse_value("architectures", architecture, names_of(retrievers));
  detail::refuse(folder.file("modules.json"),
                 {"is missing, and without it nothing says what comes behind the encoder; ", save_by_python,
                  ", and that folder is read"});
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
