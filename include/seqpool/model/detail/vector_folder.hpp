// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/head/truncate.hpp>
#include <seqpool/model/detail/encode_settings.hpp>
#include <seqpool/model/detail/encoder_output.hpp>
#include <seqpool/model/detail/folders.hpp>
#include <seqpool/model/detail/layer_weights.hpp>
#include <seqpool/model/detail/pooling_modes.hpp>
#include <seqpool/model/detail/router.hpp>
#include <seqpool/model/detail/static_embedding.hpp>
#include <seqpool/model/detail/transformers_config.hpp>
#include <seqpool/model/detail/word_weights.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// ---------------------------------------------------------------------------------------------------------------------

// The weight of each token id. A query's vector is made of these alone.
inline std::vector<float> read_id_weights(const Folder& folder) {
  const Config config = folder.config("config.json");
  if (config.has("path"))
    config.refuse("path", {"names weights by words; SparseEncoder(name).save(folder) in Python gives their ids"});
  config.refuse_others({"frozen"});
  Checkpoint weights(folder);
  const Vector stored = weights.vector("weight", -1);
  weights.refuse_unused();
  return {stored.data(), stored.data() + stored.size()};
}

// Reads the pooling and what comes in front of it, and returns where it stands. Only the encoder's type matters.
inline std::size_t read_pooled_encoder(VectorFolder& result, const Folder& folder, const std::vector<Module>& modules) {
  const Module& encoder = modules[0];
  const auto type = [&](std::size_t i) -> std::string { return i < modules.size() ? modules[i].type : ""; };
  check_module(encoder, "as the encoder, whose hidden states are to be pooled",
               {"MLMTransformer", "SparseStaticEmbedding", "StaticEmbedding", "Transformer", "WordEmbeddings"});
  result.settings.max_seq_length = read_max_seq_length(encoder.folder);
  if (encoder.type != "WordEmbeddings")
    check_encoder_output(encoder, type(1) == "SpladePooling" ? token_logits_output : hidden_states_output);
  std::size_t next = 1;
  if (type(next) == "WordWeights")
    result.word_weights = read_word_weights(modules[next++].folder);
  else if (type(next) == "WeightedLayerPooling")
    result.mix = read_layer_weights(modules[next++].folder, encoder.folder);
  if (next == modules.size()) detail::refuse(folder.file("modules.json"), {"has no Pooling behind its encoder"});
  if (next == 1)
    check_module(modules[1], "behind the encoder", {"Pooling", "SpladePooling", "WeightedLayerPooling", "WordWeights"});
  else
    check_module(modules[2], "behind a " + modules[1].type, {"Pooling"});
  result.pooling = type(next) == "Pooling" ? read_pooling(modules[next].folder.config("config.json"))
                                           : read_splade(modules[next].folder, encoder.folder);
  return next;
}

// Reads all that makes vectors: the encoder's pooling, or a table or weights of ids, and the heads behind it.
inline HeadList read_vector_modules(VectorFolder& result, const Folder& folder, const std::string& route) {
  const auto modules = routed_modules(folder, route);
  const bool weighs_ids = modules[0].type == "SparseStaticEmbedding";
  std::size_t next = 0;
  if (weighs_ids) {
    result.settings.max_seq_length = read_max_seq_length(modules[0].folder);
    result.id_weights = read_id_weights(modules[0].folder);
  } else if (modules[0].type == "StaticEmbedding") {
    read_static_embedding(result, modules[0].folder);
  } else {
    next = read_pooled_encoder(result, folder, modules);
  }
  HeadList heads(weighs_ids ? static_cast<Index>(result.id_weights->size()) : result.pooling.width());
  while (++next < modules.size()) add_module(heads, modules[next], behind_pooling, result.settings.max_active_dims);
  if (const auto most = result.settings.max_active_dims) heads.add(KeepLargest{*most}, "top " + std::to_string(*most));
  return heads;
}

// Reads a folder of model2vec without modules.json as model2vec's own `encode` does.
inline HeadList read_model2vec(VectorFolder& result, const Folder& folder, const Config& config) {
  read_static_embedding(result, folder);
  if (!config.is_null("max_length")) result.settings.max_seq_length = config.count("max_length", 512);
  HeadList heads(result.pooling.hidden);
  if (config.flag("normalize", false)) heads.add(Normalize{}, "normalize");
  return heads;
}

// A bare model of Transformers: what sentence-transformers makes of one.
inline HeadList read_bare(VectorFolder& result, const Folder& folder) {
  refuse_adapter(folder);
  const auto config = folder.config("config.json");
  if (config.text("model_type", "") == "model2vec") return read_model2vec(result, folder, config);
  result.settings.max_seq_length = read_max_seq_length(folder);
  const std::string name = architecture_if_said(config);
  if (name == stanford.name)
    config.refuse("architectures",
                  {"is '", name, "', whose tokens have vectors: read the folder as a MultiVectorEncoder"});
  const bool is_causal = name.ends_with("ForCausalLM") && config.flag("is_causal", true);
  result.pooling.modes = {is_causal ? Mode::last : Mode::mean};
  result.pooling.hidden = hidden_size(config);
  if (name.ends_with("ForMaskedLM")) result.vocabulary = config.count("vocab_size", 0);
  return HeadList(result.pooling.hidden);
}

SEQPOOL_BODY VectorFolder read_vector_folder(const std::filesystem::path& path, std::optional<Index> truncate_dim,
                                             bool normalize, const std::string& route) {
  const Folder folder(path);
  VectorFolder result;
  result.settings = read_settings(folder, sentence_transformer, {"cosine", "dot", "euclidean", "manhattan"});
  for (const Similarity similarity : {Similarity::dot, Similarity::euclidean, Similarity::manhattan})
    if (name_of(similarity) == result.settings.similarity) result.similarity = similarity;
  const bool has_modules = folder.has("modules.json") || !route.empty();
  HeadList heads = has_modules ? read_vector_modules(result, folder, route) : read_bare(result, folder);
  if (!truncate_dim) truncate_dim = result.settings.truncate_dim;
  if (truncate_dim && *truncate_dim < heads.width())
    heads.add(Truncate{*truncate_dim}, "first " + std::to_string(*truncate_dim));
  if (normalize) heads.add(Normalize{}, "normalize");
  result.heads = heads.head();
  result.dimension = heads.width();
  if (result.mix.layers > 0) result.summary = "mix of " + std::to_string(result.mix.weights.size()) + " layers -> ";
  if (result.word_weights) result.summary = "word weights -> ";
  if (result.id_weights) result.summary = "weights of ids";
  result.summary += result.pooling.summary() + heads.summary();
  return result;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
