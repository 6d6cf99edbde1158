// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/head/activate.hpp>
#include <seqpool/scalar.hpp>

#include <array>
#include <optional>
#include <string_view>

// How an architecture of Transformers classifies, as data: the tokens it takes, its layers, and what config.json must
// say so that this is all.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// What the layers are given: each token, or one vector of a sequence.
enum class Take {
  each_token,
  cls,
  last,
  last_by_id,    // the last token whose id is not padding's
  mean,          // of all real tokens
  mean_of_rest,  // of all but the first
  cls_and_rest,  // the first beside the mean of those behind it and behind `num_register_tokens` more
};

// What a key of config.json says, if there is a key and config.json has it, or else `otherwise`.
template <class T> struct KeyOr {
  constexpr KeyOr(T value) : otherwise(value) {}
  constexpr KeyOr(std::string_view from, T value) : key(from), otherwise(value) {}

  std::string_view key = {};
  T otherwise;
};

// A layer: a Linear and its activation, or a LayerNorm and its eps.
struct Step {
  std::string_view name;  // of its tensors, without .weight and .bias
  bool is_norm = false;
  KeyOr<Activation> activation = Activation::identity;
  KeyOr<double> eps = 0.0;
  KeyOr<bool> has_bias = true;

  [[nodiscard]] constexpr Step without_bias() const { return bias_by({}, false); }
  [[nodiscard]] constexpr Step bias_by(std::string_view key, bool otherwise) const {
    Step step = *this;
    step.has_bias = {key, otherwise};
    return step;
  }
};
[[nodiscard]] constexpr Step linear(std::string_view name, KeyOr<Activation> activation = Activation::identity) {
  return {.name = name, .activation = activation};
}
[[nodiscard]] constexpr Step layer_norm(std::string_view name, KeyOr<double> eps) {
  return {.name = name, .is_norm = true, .eps = eps};
}

// What a key of config.json must say: a text, or a value as JSON writes it.
struct Guard {
  std::string_view key;
  std::string_view value;
};

// An architecture. If it can be read in several ways it has a row for each, and guards tell them apart. A key that
// config.json does not have counts as what the first of these rows expects.
struct Row {
  std::string_view architecture;
  std::string_view encoder;  // prefixes of its encoder's tensors, with spaces between
  Take take;
  std::array<Step, 4> steps;
  std::array<Guard, 5> guards = {};
  // What holds if config.json does not say it: `pad_token_id` of last_by_id, `num_register_tokens` of cls_and_rest.
  std::optional<Index> otherwise = {};
  std::string_view layers = {};  // the tensor whose softmax weighs all hidden states, embeddings first
};

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
