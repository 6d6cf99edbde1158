// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/choices.hpp>

#include <charconv>

// What the config.json of a model of Transformers says, whatever the architecture.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// Features of a token: one name for it in each family.
[[nodiscard]] inline Index hidden_size(const Config& config) {
  std::string_view name = "hidden_size";
  for (const std::string_view other : {"d_model", "n_embd", "dim"})
    if (!config.has(name)) name = config.has(other) ? other : name;
  return size_of(config, name);
}

// The id of padding: `pad_token_id`, which may be none, or be none's id, such as -1. Where the key is not there it is
// `otherwise`, the architecture's own; where it is null there is none.
[[nodiscard]] inline std::optional<Index> read_pad_token_id(const Config& config, std::optional<Index> otherwise) {
  constexpr std::string_view key = "pad_token_id";
  if (!config.has(key)) return config.is_null(key) ? std::nullopt : otherwise;
  const double id = config.number(key);
  if (id != std::floor(id) || std::abs(id) > static_cast<double>(largest_count))
    config.refuse(key, {"must be a whole number of at most 2^", count_bits});
  return static_cast<Index>(id);
}

// The first of `architectures`.
[[nodiscard]] inline std::string architecture(const Config& config) {
  const auto all = config.texts("architectures");
  if (all.empty()) config.refuse("architectures", {"is an empty list"});
  return all.front();
}

// The same, or "" if there is none.
[[nodiscard]] inline std::string architecture_if_said(const Config& config) {
  const auto all = config.has("architectures") ? config.texts("architectures") : std::vector<std::string>();
  return all.empty() ? "" : all.front();
}

// What the weights are called of the layer that gives each token a vector.
struct Projection {
  std::string_view name;
  bool has_bias;
};

// The models that have one, by the class that config.json names: Stanford's, and those of Transformers.
inline constexpr Named<Projection> stanford{"HF_ColBERT", {"linear", false}};
inline constexpr std::array<Named<Projection>, 5> projections{{
    stanford,
    {"ColModernVBertForRetrieval", {"embedding_proj_layer", true}},
    {"ColPaliForRetrieval", {"embedding_proj_layer", true}},
    {"ColQwen2ForRetrieval", {"embedding_proj_layer", true}},
    {"NeoMMEForRetrieval", {"multi_vector_head.proj", false}},
}};

// The projection of the first of `architectures`; null if it has none.
[[nodiscard]] inline const Named<Projection>* find_projection(const Config& config) {
  const std::string name = architecture_if_said(config);
  for (const auto& known : projections)
    if (known.name == name) return &known;
  return nullptr;
}

// How many classes there are: those that `id2label` names, or `num_labels`, 2 if that is not said either.
[[nodiscard]] inline Index count_labels(const Config& config) {
  const std::string_view key = config.has("id2label") ? "id2label" : "num_labels";
  const Index count =
      config.has("id2label") ? static_cast<Index>(config.object(key).members().size()) : config.count(key, 2);
  if (count < 1) config.refuse(key, {"says that there are no classes"});
  return count;
}

// The names of the classes by their numbers; without `id2label` LABEL_0, LABEL_1, ... A number alone may be any: ask
// for names once the classifier's weight was found to be of so many classes.
[[nodiscard]] inline std::vector<std::string> read_labels(const Config& config) {
  if (!config.has("id2label")) {
    std::vector<std::string> labels;
    const Index count = detail::count_labels(config);
    for (Index i = 0; i < count; ++i) labels.push_back("LABEL_" + std::to_string(i));
    return labels;
  }
  const Config by_number = config.object("id2label");
  std::vector<std::string> labels(by_number.members().size());
  std::vector<bool> seen(labels.size());
  for (const auto& [key, label] : by_number.members()) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
    if (error != std::errc() || end != key.data() + key.size() || number >= labels.size() || seen[number])
      config.refuse("id2label", {"has the key '", io::detail::excerpt(key), "', expected each number from 0 to ",
                                 labels.size(), " - 1 once"});
    seen[number] = true;
    labels[number] = by_number.text(key);
  }
  return labels;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
