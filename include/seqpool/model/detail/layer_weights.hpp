// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/head/probabilities.hpp>
#include <seqpool/model/detail/checkpoint.hpp>
#include <seqpool/model/detail/folders.hpp>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// Reads a WeightedLayerPooling module, whose encoder is in the folder `encoder`. Throws Error unless that says that it
// gives all layers: without it Python takes the last one as it is.
[[nodiscard]] inline LayerWeights read_layer_weights(const Folder& folder, const Folder& encoder);

// The softmax of a tensor that has a number for each layer.
[[nodiscard]] inline LayerWeights read_layer_softmax(Checkpoint& weights, const std::string& name);

// ---------------------------------------------------------------------------------------------------------------------

inline LayerWeights read_layer_weights(const Folder& folder, const Folder& encoder) {
  const Config gives = encoder.config("config.json");
  if (!gives.flag("output_hidden_states", false))
    gives.refuse("output_hidden_states", {"must be true: without it sentence-transformers mixes no layers"});
  const Config config = folder.config("config.json");
  config.refuse_others({"embedding_dimension", "word_embedding_dimension", "layer_start", "num_hidden_layers"});
  LayerWeights result;
  result.layers = config.count("num_hidden_layers", 12) + 1;
  const Index mixed = result.layers - config.count("layer_start", 4);
  if (mixed < 1) config.refuse("layer_start", {"must be at most num_hidden_layers"});
  Checkpoint weights(folder);
  const Vector stored = weights.vector("layer_weights", mixed);
  result.weights.assign(stored.data(), stored.data() + mixed);
  const float sum = std::accumulate(result.weights.begin(), result.weights.end(), 0.0f);
  if (sum == 0 || !std::isfinite(sum))
    detail::refuse(folder.file("model.safetensors"),
                   {"tensor 'layer_weights' adds up to ", std::to_string(sum), ", by which its layers are divided"});
  weights.refuse_unused();
  return result;
}

inline LayerWeights read_layer_softmax(Checkpoint& weights, const std::string& name) {
  const Vector stored = weights.vector(name, -1);
  if (stored.size() == 0) weights.refuse(name, {"has no numbers: it must have one for each layer"});
  Matrix logits(1, stored.size());
  std::copy_n(stored.data(), stored.size(), logits.data());
  const auto shares = seqpool::softmax(logits);
  return {stored.size(), std::vector<float>(shares.data(), shares.data() + shares.size())};
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
