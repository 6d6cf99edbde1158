// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/folders.hpp>
#include <seqpool/model/detail/siglip.hpp>
#include <seqpool/model/detail/transformers_config.hpp>

#include <cmath>

// Models of Transformers that give images and texts vectors of one space.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// What follows the first token of CLIP's images.
inline void read_clip_image(const Config& vision, Checkpoint& weights, HeadList& heads) {
  const double eps = vision.number("layer_norm_eps", 1e-5);
  if (!(eps >= 0)) vision.refuse("layer_norm_eps", {"must be 0 or more"});
  heads.add(read_layer_norm(weights, "vision_model.post_layernorm", heads.width(), eps), "LayerNorm");
  heads.add_layer(read_linear(weights, "visual_projection", -1, heads.width(), false), "Linear");
}

// Sizes are those of the tensors: configurations of SigLIP in wide use do not have them.
SEQPOOL_BODY ImageTextFolder read_image_text_folder(const std::filesystem::path& path) {
  static constexpr auto models =
      std::to_array<Named<bool>>({{"CLIPModel", false}, {"Siglip2Model", true}, {"SiglipModel", true}});
  const Folder folder(path);
  refuse_adapter(folder);
  const Config config = folder.config("config.json");
  const std::string name = architecture(config), siglip_head = "vision_model.head.";
  ImageTextFolder all{.is_siglip = detail::chosen(config, "architectures", name, name, models)};
  const Config vision = config.has("vision_config") ? config.object("vision_config") : config;
  Checkpoint weights(folder);
  const auto add = [&](ClassifierFolder& side, Index hidden, Mode mode, auto read) {
    HeadList heads(side.hidden = hidden);
    side.pooling.modes = {mode};
    read(heads);
    side.heads = heads.head();
    side.summary = heads.summary();
    all.dimension = heads.width();
  };
  if (all.is_siglip)
    add(all.image, read_queries(weights, siglip_head + "probe", 1, -1).dimension(1), Mode::attention, [&](auto& heads) {
      all.image.pooling.attention = read_siglip_attention(vision, weights, siglip_head, heads.width(), heads);
    });
  else
    add(all.image, weights.vector("vision_model.post_layernorm.bias", -1).dimension(0), Mode::cls,
        [&](auto& heads) { read_clip_image(vision, weights, heads); });
  const auto projection =
      read_linear(weights, all.is_siglip ? "text_model.head" : "text_projection", all.dimension, -1, all.is_siglip);
  add(all.text, projection.in(), Mode::last, [&](auto& heads) { heads.add_layer(projection, "Linear"); });
  all.scale = std::exp(all.is_siglip ? weights.vector("logit_scale", 1)(0) : weights.tensor<0>("logit_scale", {})());
  if (!std::isfinite(all.scale)) weights.refuse("logit_scale", {"is so large that e to it is infinite"});
  if (all.is_siglip) all.bias = weights.vector("logit_bias", 1)(0);
  for (const std::string side : {"vision_model.", "text_model."})
    for (const char* part : {"embeddings.", "encoder.", "pre_layrnorm.", "post_layernorm.", "final_layer_norm."})
      weights.pass_over_all(side + part);
  weights.refuse_unused();
  return all;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
