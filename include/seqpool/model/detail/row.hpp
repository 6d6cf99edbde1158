// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/head/activate.hpp>
#include <seqpool/scalar.hpp>

#include <array>
#include <optional>
#include <string_view>

// How an architecture of Transformers classifies, as data: the tokens it takes, its layers, and what else config.json
// must say for that to be all.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// What the layers are given: each token, or of a sequence one vector.
enum class Take {
  each_token,
  cls,
  last,
  last_by_id,    // the last token whose id is not padding's
  mean,          // of all real tokens
  mean_of_rest,  // of all but the first
  cls_and_rest,  // the first beside the mean of those behind it and behind `num_register_tokens` more
};

// An activation: the one that the key of config.json names, if there is a key and it is there, or else `otherwise`.
struct ActivationRule {
  constexpr ActivationRule(Activation activation = Activation::identity) : otherwise(activation) {}
  constexpr ActivationRule(std::string_view from, Activation activation) : key(from), otherwise(activation) {}

  std::string_view key = {};
  Activation otherwise;
};

// A layer: a Linear and its activation, or a LayerNorm with its eps, by a key too. Each has a bias if the file has one.
struct Step {
  std::string_view name;  // of its tensors, without .weight and .bias
  bool is_norm = false;
  ActivationRule activation = {};
  std::string_view eps_key = {};
  double eps = 0;
};
[[nodiscard]] constexpr Step linear(std::string_view name, ActivationRule activation = {}) {
  return {.name = name, .activation = activation};
}
[[nodiscard]] constexpr Step layer_norm(std::string_view name, double eps, std::string_view eps_key = {}) {
  return {.name = name, .is_norm = true, .eps_key = eps_key, .eps = eps};
}

// What a key of config.json must say: a text, or a value as JSON writes it.
struct Guard {
  std::string_view key;
  std::string_view value;
};

// An architecture. One that reads several ways has a row for each, told apart by guards; a key that config.json does
// not have says what the first of these rows expects.
struct Row {
  std::string_view architecture;
  std::string_view encoder;  // prefixes of its encoder's tensors, with spaces between
  Take take;
  std::array<Step, 4> steps;
  std::array<Guard, 5> guards = {};
  std::optional<Index> pad_token_id = {};  // of last_by_id, where config.json does not have the key
  std::string_view layers = {};            // the tensor whose softmax weighs all hidden states, embeddings first
};

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
