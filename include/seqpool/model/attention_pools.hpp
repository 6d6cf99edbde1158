// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/head/activate.hpp>
#include <seqpool/head/any_head.hpp>
#include <seqpool/io/compiled.hpp>
#include <seqpool/pooling/attention.hpp>
#if defined(SEQPOOL_MODEL_BODIES)
#include <seqpool/head/affine.hpp>
#include <seqpool/head/each_query.hpp>
#include <seqpool/head/query_mean.hpp>
#include <seqpool/head/sequential.hpp>
#include <seqpool/model/detail/siglip.hpp>
#endif

#include <cmath>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model {

/// A pooling by multi-head attention of learned queries, and all layers after it as one head.
///
///     const auto pool = seqpool::model::siglip_head("model.safetensors", "vision_model.head.", {.heads = 12});
///     const auto vectors = seqpool::Embedder{pool.pooling, pool.head}.embed(x, mask);  // [batch, embed]
struct AttentionPool {
  Attention<float, Eigen::Dynamic> pooling;
  AnyHead<float> head;
};

// This holds for all three:
//
// - `path` is a safetensors file, or a folder with model.safetensors or its shards. The names of its tensors begin with
//   `prefix`, which may be empty; others are not looked at. Nothing depends on the file afterwards.
// - Weights of F32, F16, BF16 and F64 are widened to float.
// - A tensor that is missing, of other sizes or not finite throws `Error`, as does one with the prefix that nothing
//   uses; heads that do not divide embed, and an eps below 0, throw `std::invalid_argument`.
// - Numerics are those of `MultiheadAttention` and of the heads after it. A row with no real token gives what the head
//   makes of zeros.

/// What the tensors of a SigLIP head do not say, with SigLIP's defaults.
struct SiglipHeadOptions {
  Index heads = 0;  // num_attention_heads, which must be given
  Activation activation = Activation::gelu_tanh;
  double eps = 1e-6;
};

/// SigLIP's attention pooling of one query: y = a + fc2(act(fc1(LayerNorm(a)))), a = attention of `probe`.
///
/// **Shapes**: tokens `[n, embed]` to `[embed]`.
/// **Source**: Transformers' SiglipMultiheadAttentionPoolingHead and Siglip2MultiheadAttentionPoolingHead: `probe`,
/// `attention`, `layernorm`, `mlp.fc1`, `mlp.fc2`.
[[nodiscard]] SEQPOOL_BODY AttentionPool siglip_head(const std::filesystem::path& path, const std::string& prefix,
                                                     const SiglipHeadOptions& options);

/// What the tensors of a PMA do not say, with torch's defaults.
struct SetTransformerPmaOptions {
  Index heads = 0;  // num_heads, which must be given
  double eps = 1e-5;
};

/// Set Transformer's pooling by multihead attention of k seed vectors S: y = ln1(a + relu(fc_o(a))), a = ln0(Q +
/// attention of Q), Q = fc_q(S). Scores are divided by the root of embed, not of a head's width; without `ln0` and
/// `ln1` there is no norm.
///
///     const auto pma = seqpool::model::set_transformer_pma("model.safetensors", "dec.0.", {.heads = 4});
///
/// **Shapes**: tokens `[n, embed]` to `[k * embed]`.
/// **Source**: Lee et al., Set Transformer; in its code PMA: `S`, `mab.fc_q`, `mab.fc_k`, `mab.fc_v`, `mab.fc_o`.
[[nodiscard]] SEQPOOL_BODY AttentionPool set_transformer_pma(const std::filesystem::path& path,
                                                             const std::string& prefix,
                                                             const SetTransformerPmaOptions& options);

/// What is kept of several latents, timm's pool_type: the first, their mean, or all side by side.
enum class LatentPool { token, avg, none };

/// What the tensors of an AttentionPoolLatent do not say, with the defaults of timm's vision transformers.
struct AttentionPoolLatentOptions {
  Index heads = 0;  // num_heads, which must be given
  LatentPool pool = LatentPool::token;
  Activation activation = Activation::gelu;
  double eps = 1e-6;
};

/// timm's attention pooling of k latents: y = a + fc2(act(fc1(norm(a)))), a = attention of `latent`. Without `norm`
/// there is none, and without `proj` and `mlp` (out_features=0) y is the attention's values.
///
///     const auto pool = seqpool::model::timm_attention_pool_latent("model.safetensors", "attn_pool.", {.heads = 12});
///
/// **Shapes**: tokens `[n, embed]` to `[width]`, or to `[k * width]` with `LatentPool::none`.
/// **Errors**: also `Error` for `pos_embed`, `q_norm` and `k_norm`, which change every token.
/// **Source**: timm's AttentionPoolLatent: `latent`, `q`, `kv`, `proj`, `norm`, `mlp.fc1`, `mlp.fc2`.
[[nodiscard]] SEQPOOL_BODY AttentionPool timm_attention_pool_latent(const std::filesystem::path& path,
                                                                    const std::string& prefix,
                                                                    const AttentionPoolLatentOptions& options);

// ---------------------------------------------------------------------------------------------------------------------

#if defined(SEQPOOL_MODEL_BODIES)

namespace detail {

// The weights [out, in], or the biases [out], of two layers as those of one.
template <class T> [[nodiscard]] T joined(const T& first, const T& second) { return first.concatenate(second, 0); }

[[nodiscard]] inline Matrix identity(Index size) {
  Matrix matrix(size, size);
  matrix.setZero();
  for (Index i = 0; i < size; ++i) matrix(i, i) = 1;
  return matrix;
}

}  // namespace detail

SEQPOOL_BODY AttentionPool siglip_head(const std::filesystem::path& path, const std::string& prefix,
                                       const SiglipHeadOptions& options) {
  auto weights = detail::Checkpoint::at(path);
  const auto head = detail::read_siglip_head(weights, prefix, options.heads, options.activation, options.eps);
  weights.refuse_unused(prefix, "a SigLIP head");
  return {head.attention.pooling(), Sequential{head.attention.head(), head.mlp}};
}

SEQPOOL_BODY AttentionPool set_transformer_pma(const std::filesystem::path& path, const std::string& prefix,
                                               const SetTransformerPmaOptions& options) {
  auto weights = detail::Checkpoint::at(path);
  const std::string mab = prefix + "mab.";
  MultiheadAttentionWeights<float> own;
  own.heads = options.heads;
  own.query = detail::read_queries(weights, prefix + "S", -1, -1);
  const Index queries = own.query.dimension(0);
  const Index embed = own.query.dimension(1);
  const auto weight = [&](const char* name) { return weights.matrix(mab + name + ".weight", embed, embed); };
  const auto bias = [&](const char* name) { return weights.vector(mab + name + ".bias", embed); };
  own.in_proj_weight = detail::joined(detail::joined(weight("fc_q"), weight("fc_k")), weight("fc_v"));
  own.in_proj_bias = detail::joined(detail::joined(bias("fc_q"), bias("fc_k")), bias("fc_v"));
  own.out_proj_weight = detail::identity(embed);
  own.scale = 1 / std::sqrt(static_cast<double>(embed));
  const MultiheadAttention<float> attention(own);

  // For all queries at once, adding Q is a shift.
  const detail::Matrix projected =
      seqpool::map(detail::read_linear(weights, mab + "fc_q", embed, embed, true), own.query);
  const std::vector<float> shift(projected.data(), projected.data() + projected.size());
  std::vector<AnyHead<float>> each;
  const bool norms = weights.has(mab + "ln0.weight");
  if (norms) each.push_back(detail::read_layer_norm(weights, mab + "ln0", embed, options.eps));
  each.push_back(Dense{detail::read_linear(weights, mab + "fc_o", embed, embed, true), Activation::relu, Residual{}});
  if (norms) each.push_back(detail::read_layer_norm(weights, mab + "ln1", embed, options.eps));
  weights.refuse_unused(prefix, "a PMA of Set Transformer");
  return {attention.pooling(), Sequential{attention.head(), Affine{std::vector<float>(shift.size(), 1), shift},
                                          EachQuery{queries, AnyHead<float>(each)}}};
}

SEQPOOL_BODY AttentionPool timm_attention_pool_latent(const std::filesystem::path& path, const std::string& prefix,
                                                      const AttentionPoolLatentOptions& options) {
  auto weights = detail::Checkpoint::at(path);
  for (const char* name : {"pos_embed", "q_norm.weight", "k_norm.weight"})
    if (weights.has(prefix + name))
      weights.refuse(prefix + name,
                     {"changes every token before it is pooled: AttentionPoolLatent is read without pos_embed and "
                      "qk_norm"});
  MultiheadAttentionWeights<float> own;
  own.heads = options.heads;
  own.query = detail::read_queries(weights, prefix + "latent", -1, -1);
  const Index embed = own.query.dimension(1);
  if (options.pool == LatentPool::token)
    own.query = detail::Matrix(own.query.slice(Eigen::array<Index, 2>{0, 0}, Eigen::array<Index, 2>{1, embed}));
  own.in_proj_weight = detail::joined(weights.matrix(prefix + "q.weight", embed, embed),
                                      weights.matrix(prefix + "kv.weight", 2 * embed, embed));
  if (weights.has(prefix + "q.bias"))
    own.in_proj_bias =
        detail::joined(weights.vector(prefix + "q.bias", embed), weights.vector(prefix + "kv.bias", 2 * embed));
  std::vector<AnyHead<float>> heads;
  const bool maps = weights.has(prefix + "proj.weight");
  own.out_proj_weight = maps ? weights.matrix(prefix + "proj.weight", -1, embed) : detail::identity(embed);
  const Index width = own.out_proj_weight.dimension(0);
  const Index queries = own.query.dimension(0);
  if (maps) own.out_proj_bias = weights.vector(prefix + "proj.bias", width);
  const MultiheadAttention<float> attention(own);
  heads.push_back(attention.head());
  if (maps) {
    const auto fc1 = detail::read_linear(weights, prefix + "mlp.fc1", -1, width, true);
    const Sequential mlp{Dense{fc1, options.activation},
                         detail::read_linear(weights, prefix + "mlp.fc2", width, fc1.out(), true)};
    if (weights.has(prefix + "norm.weight"))
      heads.push_back(EachQuery{
          queries, SkipConnection{detail::read_layer_norm(weights, prefix + "norm", width, options.eps), mlp}});
    else
      heads.push_back(EachQuery{queries, SkipConnection{mlp}});
  }
  if (options.pool == LatentPool::avg) heads.push_back(QueryMean{queries});
  weights.refuse_unused(prefix, "an AttentionPoolLatent");
  return {attention.pooling(), AnyHead<float>(heads)};
}

#endif

}  // namespace seqpool::inline SEQPOOL_ABI::model
