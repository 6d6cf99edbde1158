// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_MODEL_SIGLIP_HPP
#define SEQPOOL_MODEL_SIGLIP_HPP

#include <seqpool/head/activate.hpp>
#include <seqpool/head/dense.hpp>
#include <seqpool/head/layer_norm.hpp>
#include <seqpool/head/multihead_attention.hpp>
#include <seqpool/head/skip_connection.hpp>
#include <seqpool/model/activation_names.hpp>
#include <seqpool/model/checkpoint.hpp>
#include <seqpool/model/config.hpp>
#include <seqpool/model/head_list.hpp>
#include <seqpool/scalar.hpp>
#include <seqpool/version.hpp>

#include <string>

// The attention pooling of SigLIP's vision model, of one learned query, and the layers behind it.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// Reads what `prefix` begins the names of: the pooling, and into `heads` what follows it.
[[nodiscard]] inline Attention<float, Eigen::Dynamic> read_siglip_attention(const Config& vision, Checkpoint& weights,
                                                                            const std::string& prefix, Index hidden,
                                                                            HeadList& heads);

// ---------------------------------------------------------------------------------------------------------------------

inline Attention<float, Eigen::Dynamic> read_siglip_attention(const Config& vision, Checkpoint& weights,
                                                              const std::string& prefix, Index hidden,
                                                              HeadList& heads) {
  if (!vision.flag("vision_use_head", true))
    vision.refuse("vision_use_head", "is false: there is no pooling that the folder says");
  MultiheadAttentionWeights<float> own;
  own.heads = vision.count("num_attention_heads", 12);
  if (own.heads < 1 || hidden % own.heads != 0) vision.refuse("num_attention_heads", "must divide hidden_size");
  own.query = weights.tensor<3>(prefix + "probe", {1, 1, hidden}).reshape(Eigen::array<Index, 2>{1, hidden});
  own.in_proj_weight = weights.matrix(prefix + "attention.in_proj_weight", 3 * hidden, hidden);
  own.in_proj_bias = weights.vector(prefix + "attention.in_proj_bias", 3 * hidden);
  own.out_proj_weight = weights.matrix(prefix + "attention.out_proj.weight", hidden, hidden);
  own.out_proj_bias = weights.vector(prefix + "attention.out_proj.bias", hidden);
  const MultiheadAttention<float> attention(own);
  heads = HeadList(attention.pooling().width(hidden));
  heads.add_layer(attention.head(), "values");

  const double eps = vision.number("layer_norm_eps", 1e-6);
  if (!(eps >= 0)) vision.refuse("layer_norm_eps", "must be 0 or more");
  const Index inner = vision.count("intermediate_size", 3072);
  if (inner < 1) vision.refuse("intermediate_size", "must be 1 or more");
  const Activation activation = transformers_activation(vision, "hidden_act", "gelu_pytorch_tanh");
  heads.add(SkipConnection{LayerNorm{weights.vector(prefix + "layernorm.weight", hidden),
                                     weights.vector(prefix + "layernorm.bias", hidden), eps},
                           Dense{read_linear(weights, prefix + "mlp.fc1", inner, hidden, true), activation},
                           read_linear(weights, prefix + "mlp.fc2", hidden, inner, true)},
            "residual MLP " + std::to_string(inner) + " " + std::string(name_of(activation)));
  return attention.pooling();
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail

#endif
