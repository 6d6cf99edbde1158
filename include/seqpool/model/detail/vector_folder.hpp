// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/head/truncate.hpp>
#include <seqpool/model/detail/encode_settings.hpp>
#include <seqpool/model/detail/encoder_output.hpp>
#include <seqpool/model/detail/folders.hpp>
#include <seqpool/model/detail/layer_weights.hpp>
#include <seqpool/model/detail/pooling_modes.hpp>
#include <seqpool/model/detail/router.hpp>
#include <seqpool/model/detail/transformers_config.hpp>
#include <seqpool/model/detail/word_weights.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// ---------------------------------------------------------------------------------------------------------------------

// A query's weight of each token id, which are all that its vector is made of.
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

// Pooling and what comes behind it. Of the encoder only the type is of interest.
inline HeadList read_vector_modules(VectorFolder& result, const Folder& folder, const std::string& route) {
  constexpr std::array<std::string_view, 3> encoders{"MLMTransformer", "Transformer", "WordEmbeddings"};
  constexpr std::array<std::string_view, 4> understood{"Pooling", "SpladePooling", "WeightedLayerPooling",
                                                       "WordWeights"};
  const auto modules = routed_modules(folder, route);
  result.settings.max_seq_length = read_max_seq_length(modules[0].folder);
  std::size_t next = 1;
  const auto behind = [&](HeadList heads) {
    for (; next < modules.size(); ++next) add_module(heads, modules[next], result.settings.max_active_dims);
    if (const auto most = result.settings.max_active_dims)
      heads.add(KeepLargest{*most}, "top " + std::to_string(*most));
    return heads;
  };
  if (modules[0].type == "SparseStaticEmbedding" && modules[0].is_own) {
    result.id_weights = read_id_weights(modules[0].folder);
    return behind(HeadList(static_cast<Index>(result.id_weights->size())));
  }
  if (std::find(encoders.begin(), encoders.end(), modules[0].type) == encoders.end())
    refuse_module(modules[0], "as the encoder, whose hidden states are to be pooled", encoders);
  if (modules[0].type != "WordEmbeddings") {
    const bool is_splade = modules.size() > 1 && modules[1].type == "SpladePooling";
    check_encoder_output(modules[0], is_splade ? token_logits_output : hidden_states_output);
  }
  if (next < modules.size() && modules[next].type == "WordWeights")
    result.word_weights = read_word_weights(modules[next++].folder);
  else if (next < modules.size() && modules[next].type == "WeightedLayerPooling")
    result.mix = read_layer_weights(modules[next++].folder, modules[0].folder);
  if (next == modules.size()) detail::refuse(folder.file("modules.json"), {"has no Pooling behind its encoder"});
  if (modules[next].type == "Pooling")
    result.pooling = read_pooling(modules[next].folder.config("config.json"));
  else if (modules[next].type == "SpladePooling" && next == 1)
    result.pooling = read_splade(modules[next].folder, modules[0].folder);
  else if (next == 1)
    refuse_module(modules[next], "behind the encoder", understood);
  else
    refuse_module(modules[next], "behind a " + modules[1].type, std::array<std::string_view, 1>{"Pooling"});
  ++next;
  return behind(HeadList(result.pooling.width()));
}

// A bare model of Transformers: what sentence-transformers makes of one.
inline HeadList read_bare(VectorFolder& result, const Folder& folder) {
  refuse_adapter(folder);
  result.settings.max_seq_length = read_max_seq_length(folder);
  const auto config = folder.config("config.json");
  const auto architectures = config.has("architectures") ? config.texts("architectures") : std::vector<std::string>();
  const bool is_causal =
      !architectures.empty() && architectures[0].ends_with("ForCausalLM") && config.flag("is_causal", true);
  result.pooling.modes = {is_causal ? Mode::last : Mode::mean};
  result.pooling.hidden = hidden_size(config);
  if (!architectures.empty() && architectures[0].ends_with("ForMaskedLM"))
    result.vocabulary = config.count("vocab_size", 0);
  return HeadList(result.pooling.hidden);
}

SEQPOOL_BODY VectorFolder read_vector_folder(const std::filesystem::path& path, std::optional<Index> truncate_dim,
                                             bool normalize, const std::string& route) {
  const Folder folder(path);
  VectorFolder result;
  result.settings = read_settings(folder, vector_models, vector_similarities);
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
