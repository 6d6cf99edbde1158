// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/head/affine.hpp>
#include <seqpool/head/dense.hpp>
#include <seqpool/head/keep_largest.hpp>
#include <seqpool/head/normalize.hpp>
#include <seqpool/head/standardize.hpp>
#include <seqpool/model/detail/choices.hpp>
#include <seqpool/model/detail/head_list.hpp>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The modules of sentence-transformers that come behind its Pooling, each read from its folder into heads.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

// An entry of modules.json.
struct Module {
  std::string type;  // the last part of its class's path
  bool is_own;       // of sentence-transformers, or of another package
  Folder folder;
  std::string where;  // for messages
};

// More than any model has, and few enough for whatever a module costs.
inline constexpr std::size_t most_modules = 100;

// The modules of a folder in order. Throws Error unless modules.json is a list of them within the folder. Also throws
// Error if a module other than the encoder, or a StaticEmbedding, is a class of another package than `also`: whatever
// its name, Python runs that package's code.
[[nodiscard]] inline std::vector<Module> read_modules(const Folder& folder, std::string_view also = {});

// Throws Error, "'X' is not understood behind the Pooling; understood are ...", unless the module is one of these.
inline void check_module(const Module& module, const std::string& where,
                         const std::vector<std::string_view>& understood) {
  if (std::find(understood.begin(), understood.end(), module.type) == understood.end())
    detail::refuse(module.where, {"'", io::detail::excerpt(module.type), "' is not understood ", where,
                                  "; understood are ", quoted_list(understood)});
}

// All that sentence-transformers' own classes were called since 2.0 begins so: sentence_transformers.models.Pooling up
// to 5.3, sentence_transformers.sentence_transformer.modules.pooling.Pooling since, ... Python asks for the same.
inline constexpr std::string_view own_package = "sentence_transformers.";

// What modules work on, as their configurations name it: pooled vectors, each token, or what a CrossEncoder's last
// module gives.
inline constexpr std::string_view pooled_features = "sentence_embedding";
inline constexpr std::string_view token_features = "token_embeddings";
inline constexpr std::string_view score_features = "scores";

// Which modules are understood in one place of a folder.
struct ModulePlace {
  std::string_view name;  // for messages
  std::string_view features;
  std::span<const std::string_view> understood;
  std::string_view also = {};  // what a Dense may give in place of `features`
};
inline constexpr std::array<std::string_view, 5> head_modules{"Dense", "Dropout", "LayerNorm", "Normalize",
                                                              "SparseAutoEncoder"};
inline constexpr std::array<std::string_view, 1> dense_alone{"Dense"};
inline constexpr ModulePlace behind_pooling{"behind the Pooling", pooled_features, head_modules};

// Adds the module to `heads`. Throws Error if it, or anything that it says, is not understood in this place. Returns
// whether it gives the features that the place has as `also`. Sparse vectors are cut to `max_active_dims`.
inline bool add_module(HeadList& heads, const Module& module, const ModulePlace& place,
                       std::optional<Index> max_active_dims = {});

// ---------------------------------------------------------------------------------------------------------------------

// The module whose class `key` says, in the folder `path` of `folder`; messages call it `where`. Its class may be of
// another package if it `is_known`, unless it is a table in place of an encoder.
inline Module read_module(const Config& config, std::string_view key, const Folder& folder, const std::string& path,
                          const std::string& where, bool is_known) {
  const std::string type = config.text(key);
  const bool is_own = type.starts_with(own_package);
  if (!is_own && (!is_known || type.ends_with("StaticEmbedding")))
    config.refuse(key, {"is '", io::detail::excerpt(type),
                        "', a class of another package, whose code Python "
                        "runs here and nobody here knows; understood are those of sentence_transformers. If "
                        "it does what one of these does, write that one's path there, such as "
                        "sentence_transformers.models.Pooling"});
  return {type.substr(type.rfind('.') + 1), is_own, folder.folder(path), where};
}

inline std::vector<Module> read_modules(const Folder& folder, std::string_view also) {
  const std::string file = folder.file("modules.json");
  const Json document = folder.json("modules.json");
  const auto list = document.elements();
  if (!document.is(Json::Kind::array)) detail::refuse(file, {"must be a list of modules, found ", kind_of(document)});
  if (list.empty() || list.size() > most_modules)
    detail::refuse(file, {"has ", list.size(), " modules, expected 1 to ", most_modules});
  std::vector<Module> modules;
  Index last = -1;
  for (const Json& entry : list) {
    const std::string at = "module " + std::to_string(modules.size());
    const Config config(file, entry, at);
    config.refuse_others({"idx", "name", "path", "type", "kwargs"});
    // sentence-transformers takes them as they are listed: of `idx` gaps are nothing, but another order is none of
    // ours.
    const Index index = config.count("idx", last + 1);
    if (index <= last) config.refuse("idx", {"is ", index, ": modules must stand in order"});
    last = index;
    const bool is_known = modules.empty() || config.text("type") == also;
    modules.push_back(read_module(config, "type", folder, config.text("path"), at + " of " + file, is_known));
  }
  return modules;
}

// Throws Error unless the module works on the place's features; if its configuration does not say what it works on,
// that is `otherwise`. Returns whether it gives the features that the place has as `also`.
inline bool check_features(const Config& config, const ModulePlace& place, std::string_view otherwise) {
  config.one_of("module_input_name", otherwise, {place.features});
  if (!place.also.empty())
    return config.one_of("module_output_name", place.features, {place.features, place.also}) == place.also;
  config.one_of("module_output_name", place.features, {place.features});
  return false;
}

inline void check_width(const Config& config, std::string_view key, const HeadList& heads) {
  if (config.count(key) != heads.width())
    config.refuse(key, {"is ", config.count(key), ", but ", heads.width(), " features come from the module before"});
}

// A Dense that does not say what it works on is older than those that can work on scores.
inline bool add_dense(HeadList& heads, const Folder& folder, const ModulePlace& place) {
  const Config config = folder.config("config.json");
  config.refuse_others({"in_features", "out_features", "bias", "activation_function", "module_input_name",
                        "module_output_name", "use_residual"});
  const bool gives_other =
      check_features(config, place, place.features == score_features ? pooled_features : place.features);
  check_width(config, "in_features", heads);
  const Index in = heads.width();
  const Index out = size_of(config, "out_features");
  const Activation activation =
      config.has("activation_function") ? torch_activation(config, "activation_function") : Activation::tanh;
  Checkpoint weights(folder);
  const Linear<float> linear = read_linear(weights, "linear", out, in, config.flag("bias", true));
  const bool residual = config.flag("use_residual", false);
  const AnyHead<float> head = !residual   ? AnyHead<float>(Dense{linear, activation})
                              : in == out ? Dense{linear, activation, Residual{}}
                                          : Dense{linear, activation, read_linear(weights, "residual", out, in, false)};
  heads.add_layer(head, residual ? "residual Dense" : "Dense", activation);
  weights.refuse_unused();
  return gives_other;
}

inline void add_layer_norm(HeadList& heads, const Folder& folder) {
  const Config config = folder.config("config.json");
  config.refuse_others({"dimension"});
  check_width(config, "dimension", heads);
  Checkpoint weights(folder);
  heads.add(read_layer_norm(weights, "norm", heads.width(), 1e-5), "LayerNorm");
  weights.refuse_unused();
}

// Its folder is often not there: it has no file before 6.0.
inline void add_normalize(HeadList& heads, const Folder& folder, const ModulePlace& place) {
  const Config config = folder.config_if_there("config.json");
  config.refuse_others({"module_input_name", "module_output_name"});
  check_features(config, place, pooled_features);
  heads.add(Normalize{}, "normalize");
}

// The k largest latents relu(W (x - pre_bias) + latent_bias), which is what relu makes of the k largest before it.
inline void add_sparse_auto_encoder(HeadList& heads, const Folder& folder, std::optional<Index> max_active_dims) {
  const Config config = folder.config("config.json");
  config.refuse_others({"input_dim", "hidden_dim", "k", "k_aux", "normalize", "dead_threshold"});
  check_width(config, "input_dim", heads);
  const Index in = heads.width();
  const Index out = config.count("hidden_dim", 512);
  const Index k = max_active_dims.value_or(config.count("k", 8));
  if (k < 1 || k > out) config.refuse("k", {"is ", k, ", must be 1 to hidden_dim"});
  Checkpoint weights(folder);
  // The decoder is the encoder transposed: a file holds the two under one name or the other.
  const std::string tied = "decoder.linear.weight";
  const std::string name = weights.has("encoder.weight") ? "encoder.weight" : tied;
  const Matrix weight = weights.matrix(name, out, in);
  if (weights.has(tied)) weights.pass_over(tied);
  weights.pass_over("stats_last_nonzero");
  Vector shift = weights.vector("pre_bias", in);
  for (Index f = 0; f < in; ++f) shift(f) = -shift(f);
  Vector ones(in);
  ones.setConstant(1);
  if (config.flag("normalize", false)) heads.add(Standardize{}, "standardize");
  heads.add(Affine{ones, shift}, "shift");
  heads.add_layer(Dense{Linear{weight, weights.vector("latent_bias", out)}, Activation::relu}, "Dense",
                  Activation::relu);
  heads.add(KeepLargest{k}, "top " + std::to_string(k));
  weights.refuse_unused();
}

inline bool add_module(HeadList& heads, const Module& module, const ModulePlace& place,
                       std::optional<Index> max_active_dims) {
  check_module(module, std::string(place.name), {place.understood.begin(), place.understood.end()});
  if (module.type == "Dense") return add_dense(heads, module.folder, place);
  if (module.type == "LayerNorm") add_layer_norm(heads, module.folder);
  if (module.type == "Normalize") add_normalize(heads, module.folder, place);
  if (module.type == "SparseAutoEncoder") add_sparse_auto_encoder(heads, module.folder, max_active_dims);
  return false;  // a Dropout is the identity, once trained
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
