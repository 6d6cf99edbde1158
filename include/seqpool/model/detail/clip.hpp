// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/choices.hpp>
#include <seqpool/model/detail/folders.hpp>
#include <seqpool/model/detail/siglip.hpp>
#include <seqpool/model/detail/transformers_config.hpp>

#include <cmath>

// Models of Transformers that give images and texts vectors of one space.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// A classifier, or a model that gives vectors, while it is read.
struct Reading {
  const Config& config;
  Checkpoint& weights;
  HeadList heads = HeadList(0);
  ClassifierFolder folder = {.pooling = {.modes = {Mode::cls}}, .scores = Scores::logits};

  [[nodiscard]] ClassifierFolder finished() {
    folder.heads = heads.head();
    folder.summary = heads.summary();
    return std::move(folder);
  }
};

inline constexpr auto image_text_models =
    std::to_array<Named<bool>>({{"CLIPModel", false}, {"Siglip2Model", true}, {"SiglipModel", true}});

// ---------------------------------------------------------------------------------------------------------------------

// Starts with a pooling of tokens of `hidden` features.
inline void pool_by(Reading& r, Mode mode, Index hidden) {
  r.folder.pooling.modes = {mode};
  r.folder.pooling.hidden = hidden;
  r.heads = HeadList(hidden);
}

// Features of an image's token; -1, which is any, if it is not said: common configurations of SigLIP do not say it.
inline Index image_hidden(const Config& vision) {
  return vision.has("hidden_size") ? size_of(vision, "hidden_size") : -1;
}

// The last token and a projection.
inline void read_text(Reading& r, const std::string& name, Index out, Index hidden, bool has_bias) {
  const auto projection = read_linear(r.weights, name, out, hidden, has_bias);
  pool_by(r, Mode::last, projection.in());
  r.heads.add_layer(projection, "Linear");
}

inline void read_clip_text(Reading& r) {
  r.weights.pass_over_all("text_model.");
  read_text(r, "text_projection", size_of(r.config, "projection_dim", 512), hidden_size(r.config), false);
}

// The first token, a norm and a projection.
inline void read_clip_image(Reading& r) {
  const Config vision = r.config.object("vision_config", r.config);
  const auto projection = read_linear(r.weights, "visual_projection", -1, image_hidden(vision), false);
  pool_by(r, Mode::cls, projection.in());
  r.heads.add(read_layer_norm(r.weights, "vision_model.post_layernorm", projection.in(),
                              eps_of(vision, "layer_norm_eps", 1e-5)),
              "LayerNorm");
  r.heads.add_layer(projection, "Linear");
}

inline void read_clip_vision(Reading& r) {
  r.weights.pass_over_all("vision_model.");
  read_clip_image(r);
}

// The vision model's attention pooling, whose tensors' names begin with `prefix`.
inline void read_siglip_image(Reading& r, const std::string& prefix) {
  const Config vision = r.config.object("vision_config", r.config);
  if (!vision.flag("vision_use_head", true))
    vision.refuse("vision_use_head", {"is false: there is no pooling that the folder says"});
  const Index hidden = read_queries(r.weights, prefix + "probe", 1, image_hidden(vision)).dimension(1);
  const Index attention_heads = vision.count("num_attention_heads", 12);
  if (attention_heads < 1 || hidden % attention_heads != 0)
    vision.refuse("num_attention_heads", {"must divide hidden_size"});
  const Index inner = size_of(vision, "intermediate_size", 3072);
  const Activation activation = transformers_activation(vision, "hidden_act", "gelu_pytorch_tanh");
  SiglipHead head = read_siglip_head(r.weights, prefix, attention_heads, activation,
                                     eps_of(vision, "layer_norm_eps", 1e-6), hidden, inner);
  pool_by(r, Mode::attention, hidden);
  r.folder.pooling.attention = head.attention.pooling();
  r.heads = HeadList(r.folder.pooling.width());
  r.heads.add_layer(head.attention.head(), "values");
  r.heads.add(std::move(head.mlp), "residual MLP " + std::to_string(inner) + " " + std::string(name_of(activation)));
}

inline void read_siglip_vision(Reading& r) {
  const std::string whole = r.weights.has("vision_model.head.probe") ? "vision_model." : "";
  for (const char* const part : {"embeddings.", "encoder.", "post_layernorm."}) r.weights.pass_over_all(whole + part);
  r.weights.pass_over_all("text_model. logit_scale logit_bias");
  read_siglip_image(r, whole + "head.");
}

inline constexpr auto models_of_vectors = std::to_array<Named<void (*)(Reading&)>>({
    {"CLIPTextModelWithProjection", read_clip_text},
    {"CLIPVisionModelWithProjection", read_clip_vision},
    {"Siglip2Model", read_siglip_vision},
    {"Siglip2VisionModel", read_siglip_vision},
    {"SiglipModel", read_siglip_vision},
    {"SiglipVisionModel", read_siglip_vision},
});

SEQPOOL_BODY ImageTextFolder read_image_text_folder(const std::filesystem::path& path) {
  const Folder folder(path);
  refuse_adapter(folder);
  const Config config = folder.config("config.json");
  const std::string name = architecture(config);
  const bool is_siglip = detail::chosen(config, "architectures", name, name, image_text_models);
  Checkpoint weights(folder);
  Reading image{config, weights}, text{config, weights};
  if (is_siglip)
    read_siglip_image(image, "vision_model.head.");
  else
    read_clip_image(image);
  const Index dimension = image.heads.width();
  read_text(text, is_siglip ? "text_model.head" : "text_projection", dimension, -1, is_siglip);
  const float scale =
      std::exp(is_siglip ? weights.vector("logit_scale", 1)(0) : weights.tensor<0>("logit_scale", {})());
  if (!std::isfinite(scale)) weights.refuse("logit_scale", {"is so large that e to it is infinite"});
  const float bias = is_siglip ? weights.vector("logit_bias", 1)(0) : 0;
  for (const std::string side : {"vision_model.", "text_model."})
    for (const char* const part : {"embeddings.", "encoder.", "pre_layrnorm.", "post_layernorm.", "final_layer_norm."})
      weights.pass_over_all(side + part);
  weights.refuse_unused();
  return {is_siglip, image.finished(), text.finished(), scale, bias, dimension};
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
