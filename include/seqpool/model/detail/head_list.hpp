// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/head/any_head.hpp>
#include <seqpool/head/dense.hpp>
#include <seqpool/head/layer_norm.hpp>
#include <seqpool/model/detail/checkpoint.hpp>

#include <string>
#include <utility>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// `name`.weight [out, in], and `name`.bias [out] if it has one. Sizes of -1 are those of the file.
[[nodiscard]] inline Linear<float> read_linear(Checkpoint& from, const std::string& name, Index out, Index in,
                                               bool has_bias) {
  const Matrix weight = from.matrix(name + ".weight", out, in);
  return has_bias ? Linear<float>(weight, from.vector(name + ".bias", weight.dimension(0))) : Linear<float>(weight);
}

// `name`.weight and, if it has one, `name`.bias, [features] both.
[[nodiscard]] inline LayerNorm<float> read_layer_norm(Checkpoint& from, const std::string& name, Index features,
                                                      double eps, bool has_bias = true) {
  const Vector weight = from.vector(name + ".weight", features);
  return has_bias ? LayerNorm<float>(weight, from.vector(name + ".bias", features), eps)
                  : LayerNorm<float>(weight, eps);
}

// A layer of BGE-M3 in a file of its own, `name`.safetensors. FlagEmbedding writes it as a pickle, `name`.pt.
[[nodiscard]] inline Linear<float> read_bge_m3_layer(const Folder& folder, const std::string& name, Index out,
                                                     Index in) {
  if (!folder.has(name + ".safetensors") && folder.has(name + ".pt")) refuse_pickle(folder, name + ".pt");
  Checkpoint weights(folder, name + ".safetensors");
  const Matrix weight = weights.matrix("weight", out, in);
  const Linear<float> layer(weight, weights.vector("bias", weight.dimension(0)));
  weights.refuse_unused({}, "this head of BGE-M3");
  return layer;
}

// The heads of a folder in order, as they are read: how wide their result is, and what a summary calls them.
class HeadList {
 public:
  explicit HeadList(Index features) : width_(features) {}

  [[nodiscard]] Index width() const noexcept { return width_; }
  [[nodiscard]] const std::string& summary() const noexcept { return summary_; }
  [[nodiscard]] AnyHead<float> head() const { return AnyHead<float>(heads_); }

  SEQPOOL_COLD void add(AnyHead<float> head, const std::string& words) {
    width_ = head.width(width_);
    heads_.push_back(std::move(head));
    summary_ += " -> " + words;
  }
  // A Linear and what follows it in one layer: `words` is "Linear" or "Dense".
  SEQPOOL_COLD void add_layer(AnyHead<float> head, const std::string& words,
                              Activation activation = Activation::identity) {
    const std::string sizes = std::to_string(width_) + "->" + std::to_string(head.width(width_));
    const bool linear = activation == Activation::identity;
    add(std::move(head), words + " " + sizes + (linear ? "" : " " + std::string(name_of(activation))));
  }

 private:
  Index width_;
  std::vector<AnyHead<float>> heads_;
  std::string summary_;
};

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
