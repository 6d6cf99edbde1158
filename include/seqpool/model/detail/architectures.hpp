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
#include <functional>
#include <tuple>
#include <utility>

// How each architecture of Transformers classifies: which token, which layers, by which names.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// What reads the model that `architectures` names; throws Error if it is none that does the task.
[[nodiscard]] inline std::function<void(Reading&)> find_reader(const Config& config, Task task);

// ---------------------------------------------------------------------------------------------------------------------

// A key and the object of config.json that has it: "text_config.norm_eps" is norm_eps in the object text_config.
struct Place {
  Config config;
  std::string_view key;
};
inline Place place_of(const Config& config, std::string_view key) {
  const auto dot = key.find('.');
  if (dot == key.npos) return {config, key};
  return {config.object(key.substr(0, dot), Config(config.file())), key.substr(dot + 1)};
}

// What a key says: a text, or a value as JSON writes it; `otherwise` if it is not there.
inline std::string said(const Config& config, std::string_view path, std::string_view otherwise) {
  const auto [in, key] = place_of(config, path);
  if (in.is_null(key)) return "null";
  if (!in.has(key)) return std::string(otherwise);
  return in.is_text(key) ? in.text(key) : detail::text_of(*in.find(key));
}

// The row whose guards hold, out of `all` rows of one architecture; throws Error if there is none.
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
  // The error is about a key whose value no row has, or else about one whose value is not the first row's.
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

// Adds a step of `out` features, or of as many as its weight has if `out` is -1.
inline void read_step(Reading& r, const Step& step, Index out) {
  const std::string name(step.name);
  const Index in = r.heads.width();
  const Place bias = place_of(r.config, step.has_bias.key);
  const bool has_bias = bias.config.flag(bias.key, step.has_bias.otherwise);
  if (step.is_norm) {
    const Place eps = place_of(r.config, step.eps.key);
    return r.heads.add(read_layer_norm(r.weights, name, in, eps_of(eps.config, eps.key, step.eps.otherwise), has_bias),
                       "LayerNorm");
  }
  const Activation activation = activation_of(r.config, step.activation);
  const bool is_linear = activation == Activation::identity;
  const Linear<float> layer = read_linear(r.weights, name, out, in, has_bias);
  r.heads.add_layer(is_linear ? AnyHead<float>(layer) : Dense{layer, activation}, is_linear ? "Linear" : "Dense",
                    activation);
}

// The number of features that the first step takes. Its weight says it; config.json has some ten names for it.
inline Index features_of(Reading& r, const Step& first) {
  const std::string weight = std::string(first.name) + ".weight";
  return first.is_norm ? r.weights.vector(weight, -1).dimension(0) : r.weights.matrix(weight, -1, -1).dimension(1);
}

inline std::vector<Mode> modes_of(Take take) {
  if (take == Take::last || take == Take::last_by_id) return {Mode::last};
  if (take == Take::mean) return {Mode::mean};
  if (take == Take::mean_of_rest) return {Mode::rest};
  if (take == Take::cls_and_rest) return {Mode::cls, Mode::rest};
  return {Mode::cls};
}

inline void read_row(Reading& r, const Row& row) {
  PoolingConfig& pooling = r.folder.pooling;
  r.weights.pass_over_all(row.encoder);
  pooling.modes = modes_of(row.take);
  if (row.take == Take::cls_and_rest && row.otherwise)
    pooling.rest_from += r.config.count("num_register_tokens", *row.otherwise);
  r.folder.takes_ids = row.take == Take::last_by_id;
  if (r.folder.takes_ids)  // if there is a text_config, Transformers looks only there
    r.folder.pad_token_id = read_pad_token_id(r.config.object("text_config", r.config), row.otherwise);
  const Index labels = detail::count_labels(r.config);
  r.heads = HeadList(features_of(r, row.steps[0]));
  const auto sides = static_cast<Index>(pooling.modes.size());
  pooling.hidden = r.heads.width() / sides;
  if (pooling.hidden < 1 || r.heads.width() % sides != 0)
    r.weights.refuse(std::string(row.steps[0].name) + ".weight",
                     {"is for ", r.heads.width(), " features, which is not ", sides, " of 1 or more side by side"});
  for (std::size_t i = 0; i < row.steps.size() && !row.steps[i].name.empty(); ++i) {
    const bool is_last = i + 1 == row.steps.size() || row.steps[i + 1].name.empty();
    read_step(r, row.steps[i], is_last ? labels : -1);
  }
  if (!row.layers.empty()) r.folder.mix = read_layer_softmax(r.weights, std::string(row.layers));
  r.folder.labels = read_labels(r.config);
}

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
  for (const auto& model : image_text_models)
    if (model.name == name) rule += "; an ImageTextModel reads it";
  if (find_projection(config) != nullptr) rule += "; a MultiVectorEncoder reads it";
  config.refuse("architectures", {rule});
}

inline std::function<void(Reading&)> find_reader(const Config& config, Task task) {
  if (!config.has("architectures"))
    config.refuse("architectures",
                  {"is missing, which says the class that saved the model, such as 'BertForSequenceClassification'; "
                   "docs/from-a-model-folder.md lists all"});
  const std::string name = io::detail::excerpt(architecture(config));
  for (const auto& model : models_of_vectors)
    if (task == Task::sequence && model.name == name) return model.value;
  // All rows of one architecture stand together.
  const auto is_it = [&](const Row& row) { return row.architecture == name && does(row, task); };
  const Row* const first = std::find_if(std::begin(architecture_rows), std::end(architecture_rows), is_it);
  if (first == std::end(architecture_rows)) refuse_architecture(config, name, task);
  const Row& row = guarded_row(config, {first, std::find_if_not(first, std::end(architecture_rows), is_it)});
  return [&row](Reading& r) { read_row(r, row); };
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
