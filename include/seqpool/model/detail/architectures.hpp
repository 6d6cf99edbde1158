// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/clip.hpp>
#include <seqpool/model/detail/folders.hpp>
#include <seqpool/model/detail/layer_weights.hpp>
#include <seqpool/model/detail/pooling_modes.hpp>
#include <seqpool/model/detail/rows.hpp>
#include <seqpool/model/detail/siglip.hpp>
#include <seqpool/model/detail/transformers_config.hpp>

#include <cstddef>
#include <tuple>
#include <utility>

// How each architecture of Transformers classifies: which token, which layers, by which names.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// What is read of a classifier: the pooling, and the heads that follow it.
struct Reading {
  const Config& config;
  Checkpoint& weights;
  std::string_view encoder = {};  // prefixes of its tensors, with spaces between
  HeadList heads = HeadList(0);
  PoolingConfig pooling = {.modes = {Mode::cls}};
  LayerWeights mix = {};
  bool has_classes = true;  // or gives a vector
  // Whether the token is found by ids, and which of them is padding.
  bool takes_ids = false;
  std::optional<Index> pad_token_id = {};
};

// How an architecture is read: by a row, or where no row says it by a function.
struct Architecture {
  const Row* row;
  void (*function)(Reading& reading);

  void read(Reading& reading) const;
};

// That of `architectures`; throws Error if it is none that does the task.
[[nodiscard]] inline Architecture find_architecture(const Config& config, Task task);

// ---------------------------------------------------------------------------------------------------------------------

// A key of a row, and the object of config.json that has it: of "text_config.norm_eps" the object text_config.
struct Place {
  Config config;
  std::string_view key;
};
inline Place place_of(const Config& config, std::string_view key) {
  const auto dot = key.find('.');
  if (dot == key.npos) return {config, key};
  const auto object = key.substr(0, dot);
  return {config.has(object) ? config.object(object) : Config(config.file(), Json::object()), key.substr(dot + 1)};
}

// What a key says: a text, or a value as JSON writes it; `otherwise` if it is not there.
inline std::string said(const Config& config, std::string_view path, std::string_view otherwise) {
  const auto [in, key] = place_of(config, path);
  if (in.is_null(key)) return "null";
  if (!in.has(key)) return std::string(otherwise);
  return in.is_text(key) ? in.text(key) : detail::text_of(*in.find(key));
}

// Of the rows of one architecture, `all`, the one whose guards hold; throws Error if there is none.
inline const Row& guarded_row(const Config& config, std::span<const Row> all) {
  const Row& first = all.front();
  const auto value_of = [&](std::string_view key) {
    const auto same = [&](const Guard& guard) { return guard.key == key; };
    const auto found = std::find_if(first.guards.begin(), first.guards.end(), same);
    return said(config, key, found == first.guards.end() ? std::string_view() : found->value);
  };
  const auto holds = [&](const Guard& guard) { return guard.key.empty() || value_of(guard.key) == guard.value; };
  for (const Row& row : all)
    if (std::all_of(row.guards.begin(), row.guards.end(), holds)) return row;
  // About a key whose value no row has, or else about one whose value no row has beside what the others say.
  for (const bool alone : {true, false})
    for (const Guard& guard : first.guards) {
      std::vector<std::string_view> understood;
      for (const Row& row : alone ? all : all.first(1))
        for (const Guard& other : row.guards)
          if (other.key == guard.key &&
              std::find(understood.begin(), understood.end(), other.value) == understood.end())
            understood.push_back(other.value);
      const std::string value = value_of(guard.key);
      if (std::find(understood.begin(), understood.end(), value) == understood.end())
        config.refuse_value(guard.key, value, understood);
    }
  config.refuse("architectures", {"is '", first.architecture, "', whose other keys are not understood together"});
}

// The activation of a key that is null is none.
inline Activation activation_of(const Config& config, const KeyOr<Activation>& rule) {
  const auto [in, key] = place_of(config, rule.key);
  if (!in.has(key)) return in.is_null(key) ? Activation::identity : rule.otherwise;
  return transformers_activation(in, key, "");
}

inline double eps_of(const Config& config, const KeyOr<double>& rule) {
  const auto [in, key] = place_of(config, rule.key);
  const double eps = in.number(key, rule.otherwise);
  if (!(eps >= 0)) in.refuse(key, {"must be 0 or more"});
  return eps;
}

// Adds a step of `out` features; of as many as its weight has, if `out` is -1.
inline void read_step(Reading& r, const Step& step, Index out) {
  const std::string name(step.name);
  const Index in = r.heads.width();
  const Place bias = place_of(r.config, step.has_bias.key);
  const bool has_bias = bias.config.flag(bias.key, step.has_bias.otherwise);
  if (step.is_norm) {
    const double eps = eps_of(r.config, step.eps);
    const Vector weight = r.weights.vector(name + ".weight", in);
    r.heads.add(has_bias ? LayerNorm{weight, r.weights.vector(name + ".bias", in), eps} : LayerNorm{weight, eps},
                "LayerNorm");
    return;
  }
  const Activation activation = activation_of(r.config, step.activation);
  const bool is_linear = activation == Activation::identity;
  const Linear<float> layer = read_linear(r.weights, name, out, in, has_bias);
  r.heads.add_layer(is_linear ? AnyHead<float>(layer) : Dense{layer, activation}, is_linear ? "Linear" : "Dense",
                    activation);
}

// Features of what the first step is given, by its weight: config.json has some ten names for it.
inline Index features_of(Reading& r, const Step& first) {
  const std::string weight = std::string(first.name) + ".weight";
  return first.is_norm ? r.weights.vector(weight, -1).dimension(0) : r.weights.matrix(weight, -1, -1).dimension(1);
}

inline std::vector<Mode> modes_of(Take take) {
  switch (take) {
    case Take::last:
    case Take::last_by_id:
      return {Mode::last};
    case Take::mean:
      return {Mode::mean};
    case Take::mean_of_rest:
      return {Mode::rest};
    case Take::cls_and_rest:
      return {Mode::cls, Mode::rest};
    case Take::each_token:
    case Take::cls:
      break;
  }
  return {Mode::cls};
}

inline void read_row(Reading& r, const Row& row) {
  r.encoder = row.encoder;
  r.pooling.modes = modes_of(row.take);
  if (row.take == Take::cls_and_rest && row.otherwise)
    r.pooling.rest_from += r.config.count("num_register_tokens", *row.otherwise);
  r.takes_ids = row.take == Take::last_by_id;
  const std::string_view text = "text_config";  // Transformers looks there alone, where it is
  if (r.takes_ids)
    r.pad_token_id = read_pad_token_id(r.config.has(text) ? r.config.object(text) : r.config, row.otherwise);
  const Index labels = detail::count_labels(r.config);
  r.heads = HeadList(features_of(r, row.steps[0]));
  const auto sides = static_cast<Index>(r.pooling.modes.size());
  r.pooling.hidden = r.heads.width() / sides;
  if (r.pooling.hidden < 1 || r.heads.width() % sides != 0)
    r.weights.refuse(std::string(row.steps[0].name) + ".weight",
                     {"is for ", r.heads.width(), " features, which is not ", sides, " of 1 or more side by side"});
  for (std::size_t i = 0; i < row.steps.size() && !row.steps[i].name.empty(); ++i) {
    const bool is_last = i + 1 == row.steps.size() || row.steps[i + 1].name.empty();
    read_step(r, row.steps[i], is_last ? labels : -1);
  }
  if (!row.layers.empty()) r.mix = read_layer_softmax(r.weights, std::string(row.layers));
}

// What no row says: models that give a vector.
inline void read_clip_text(Reading& r) {
  r.encoder = "text_model.";
  r.pooling.modes = {Mode::last};
  r.pooling.hidden = hidden_size(r.config);
  r.heads = HeadList(r.pooling.hidden);
  r.heads.add_layer(
      read_linear(r.weights, "text_projection", size_of(r.config, "projection_dim", 512), r.heads.width(), false),
      "Linear");
}

inline void read_clip_vision(Reading& r) {
  r.encoder = "vision_model.";
  r.pooling.hidden = hidden_size(r.config);
  r.heads = HeadList(r.pooling.hidden);
  read_clip_image(r.config, r.weights, r.heads);
}

// The vision model's own attention pooling, which an image's vector comes from.
inline void read_siglip_vision(Reading& r) {
  const bool both = r.config.has("vision_config");
  const Config vision = both ? r.config.object("vision_config") : r.config;
  const std::string whole = r.weights.has("vision_model.head.probe") ? "vision_model." : "";
  for (const char* part : {"embeddings.", "encoder.", "post_layernorm."}) r.weights.pass_over_all(whole + part);
  for (const char* other : {"text_model.", "logit_scale", "logit_bias"}) r.weights.pass_over_all(other);
  r.encoder = both ? "vision_model.encoder." : "encoder.";
  r.pooling.modes = {Mode::attention};
  r.pooling.hidden = hidden_size(vision);
  r.pooling.attention = read_siglip_attention(vision, r.weights, whole + "head.", r.pooling.hidden, r.heads);
}

inline constexpr auto models_of_vectors = std::to_array<Named<void (*)(Reading&)>>({
    {"CLIPTextModelWithProjection", read_clip_text},
    {"CLIPVisionModelWithProjection", read_clip_vision},
    {"Siglip2Model", read_siglip_vision},
    {"Siglip2VisionModel", read_siglip_vision},
    {"SiglipModel", read_siglip_vision},
    {"SiglipVisionModel", read_siglip_vision},
});

inline bool does(const Row& row, Task task) { return (row.take == Take::each_token) == (task == Task::token); }

// Throws Error: there is no `name` that does the task.
[[noreturn]] inline void refuse_architecture(const Config& config, const std::string& name, Task task) {
  // By what stands before "For", which is the model, and then by the whole name.
  const auto distance = [&](const Row& row) {
    const auto model = [](std::string_view all) { return all.substr(0, all.find("For")); };
    return std::tuple(!does(row, task), detail::letters_between(model(row.architecture), model(name)),
                      detail::letters_between(row.architecture, name));
  };
  const Row& nearest = *std::min_element(std::begin(architecture_rows), std::end(architecture_rows),
                                         [&](const Row& a, const Row& b) { return distance(a) < distance(b); });
  std::string rule = "is '" + name + "', which is not understood; the nearest that is understood is '" +
                     std::string(nearest.architecture) + "', and docs/from-a-model-folder.md lists all";
  if (config.has("auto_map")) rule += "; auto_map says that the model is code of its own";
  for (const Row& row : architecture_rows)
    if (row.architecture == name) {
      rule += does(row, Task::token) ? "; a TokenClassifier reads it" : "; a SequenceClassifier reads it";
      break;
    }
  config.refuse("architectures", {rule});
}

inline Architecture find_architecture(const Config& config, Task task) {
  if (!config.has("architectures"))
    config.refuse("architectures",
                  {"is missing, which says the class that saved the model, such as 'BertForSequenceClassification'; "
                   "docs/from-a-model-folder.md lists all"});
  const std::string name = io::detail::excerpt(architecture(config));
  for (const auto& model : models_of_vectors)
    if (task == Task::sequence && model.name == name) return {nullptr, model.value};
  // Those of one architecture stand together.
  const auto is_it = [&](const Row& row) { return row.architecture == name && does(row, task); };
  const Row* const first = std::find_if(std::begin(architecture_rows), std::end(architecture_rows), is_it);
  if (first == std::end(architecture_rows)) refuse_architecture(config, name, task);
  return {&guarded_row(config, {first, std::find_if_not(first, std::end(architecture_rows), is_it)}), nullptr};
}

inline void Architecture::read(Reading& reading) const {
  if (row != nullptr) return read_row(reading, *row);
  reading.has_classes = false;
  function(reading);
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
