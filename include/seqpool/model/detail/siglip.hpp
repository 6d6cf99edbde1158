// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/head/dense.hpp>
#include <seqpool/head/multihead_attention.hpp>
#include <seqpool/head/skip_connection.hpp>
#include <seqpool/model/detail/head_list.hpp>

#include <string>
#include <utility>

// The attention pooling of SigLIP's vision model, of one learned query, and the layers behind it.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// The only matrix of `name`, [1, count, embed]; sizes of -1 are those of the file.
[[nodiscard]] inline Matrix read_queries(Checkpoint& weights, const std::string& name, Index count, Index embed);

struct SiglipHead {
  MultiheadAttention<float> attention;
  SkipConnection<LayerNorm<float>, Dense<float>, Linear<float>> mlp;
};

// Reads what `prefix` begins the names of. Sizes of -1 are those of the file.
[[nodiscard]] inline SiglipHead read_siglip_head(Checkpoint& weights, const std::string& prefix, Index heads,
                                                 Activation activation, double eps, Index hidden = -1,
                                                 Index inner = -1);

// ---------------------------------------------------------------------------------------------------------------------

inline Matrix read_queries(Checkpoint& weights, const std::string& name, Index count, Index embed) {
  const auto stored = weights.tensor<3>(name, {1, count, embed});
  if (stored.size() == 0) weights.refuse(name, {"has no numbers: it must be [1, queries, embed]"});
  return stored.reshape(Eigen::array<Index, 2>{stored.dimension(1), stored.dimension(2)});
}

inline SiglipHead read_siglip_head(Checkpoint& weights, const std::string& prefix, Index heads, Activation activation,
                                   double eps, Index hidden, Index inner) {
  MultiheadAttentionWeights<float> own;
  own.heads = heads;
  own.query = read_queries(weights, prefix + "probe", 1, hidden);
  hidden = own.query.dimension(1);
  own.in_proj_weight = weights.matrix(prefix + "attention.in_proj_weight", 3 * hidden, hidden);
  own.in_proj_bias = weights.vector(prefix + "attention.in_proj_bias", 3 * hidden);
  own.out_proj_weight = weights.matrix(prefix + "attention.out_proj.weight", hidden, hidden);
  own.out_proj_bias = weights.vector(prefix + "attention.out_proj.bias", hidden);
  const auto fc1 = read_linear(weights, prefix + "mlp.fc1", inner, hidden, true);
  return {MultiheadAttention<float>(own),
          SkipConnection{read_layer_norm(weights, prefix + "layernorm", hidden, eps), Dense{fc1, activation},
                         read_linear(weights, prefix + "mlp.fc2", hidden, fc1.out(), true)}};
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
