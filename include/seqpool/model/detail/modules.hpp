// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/dot.hpp>
#include <seqpool/detail/rows.hpp>
#include <seqpool/fold/accumulators.hpp>
#include <seqpool/head/activate.hpp>
#include <seqpool/head/affine.hpp>
#include <seqpool/head/dense.hpp>
#include <seqpool/head/head.hpp>
#include <seqpool/head/keep_largest.hpp>
#include <seqpool/head/linear.hpp>
#include <seqpool/head/normalize.hpp>
#include <seqpool/model/detail/activation_names.hpp>
#include <seqpool/model/detail/checkpoint.hpp>
#include <seqpool/model/detail/config.hpp>
#include <seqpool/model/detail/folder.hpp>
#include <seqpool/model/detail/head_list.hpp>
#include <seqpool/scalar.hpp>
#include <seqpool/version.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
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

// The modules of a folder in order; throws Error unless modules.json is a list of them within the folder, and if one
// behind the first, the encoder, is a class of another package: whatever its name, Python runs that package's code.
[[nodiscard]] inline std::vector<Module> read_modules(const Folder& folder);

// All that sentence-transformers' own classes were called since 2.0 begins so: sentence_transformers.models.Pooling up
// to 5.3, sentence_transformers.sentence_transformer.modules.pooling.Pooling since, ... Python asks for the same.
inline constexpr std::string_view own_package = "sentence_transformers.";

inline constexpr std::array<std::string_view, 5> head_modules{"Dense", "Dropout", "LayerNorm", "Normalize",
                                                              "SparseAutoEncoder"};

// What a module works on, as its configuration names it: pooled vectors, or each token.
inline constexpr std::string_view pooled_features = "sentence_embedding";
inline constexpr std::string_view token_features = "token_embeddings";

// Adds what the module is to `heads`; throws Error if it is none of these, and for all that it says and is not
// understood.
// `max_active_dims` is what sparse vectors are cut to, where the folder says so.
inline void add_module(HeadList& heads, const Module& module, std::optional<Index> max_active_dims);

// What SparseAutoEncoder takes for a layer norm: y = (x - mean) / (s + eps), where s is the unbiased standard
// deviation.
struct SampleStandardize {
  [[nodiscard]] Index width(Index features) const noexcept { return features; }

  template <std::floating_point A> void map(std::type_identity_t<Rows<const A>> in, Rows<A> out) const {
    for (Index i = 0; i < in.size(); ++i) {
      const auto x = in[i];
      const auto y = out[i];
      const A n = static_cast<A>(x.size());
      as_array(y) = as_array(x) - seqpool::detail::sum(x.data(), in.features()) / n;
      as_array(y) /= std::sqrt(seqpool::detail::dot(y.data(), y.data(), in.features()) / (n - 1)) + A(1e-5);
    }
  }
};

// ---------------------------------------------------------------------------------------------------------------------

inline std::vector<Module> read_modules(const Folder& folder) {
  const std::string file = folder.file("modules.json");
  const Json document = folder.json("modules.json");
  const auto list = document.elements();
  // More than any model has, and few enough for whatever a module costs.
  constexpr std::size_t most = 100;
  if (!document.is(Json::Kind::array)) throw Error(file, "must be a list of modules, found " + kind_of(document));
  if (list.empty() || list.size() > most)
    throw Error(file, "has " + std::to_string(list.size()) + " modules, expected 1 to " + std::to_string(most));
  std::vector<Module> modules;
  Index last = -1;
  for (const Json& entry : list) {
    const std::string at = "module " + std::to_string(modules.size());
    const Config config(file, entry, at);
    config.refuse_others({"idx", "name", "path", "type", "kwargs"});
    // sentence-transformers takes them as they are listed: of `idx` gaps are nothing, but another order is none of
    // ours.
    const Index index = config.count("idx", last + 1);
    if (index <= last) config.refuse("idx", "is " + std::to_string(index) + ": modules must stand in order");
    last = index;
    const std::string type = config.text("type");
    const bool is_own = type.starts_with(own_package);
    if (!is_own && !modules.empty())
      config.refuse("type", "is '" + io::detail::excerpt(type) + "', a class of another package, whose code Python " +
                                "runs here and nobody here knows; understood are those of sentence_transformers. If " +
                                "it does what one of these does, write that one's path there, such as " +
                                "sentence_transformers.models.Pooling");
    modules.push_back(
        {type.substr(type.rfind('.') + 1), is_own, folder.folder(config.text("path")), at + " of " + file});
  }
  return modules;
}

// Throws Error unless the module works on `features`, which `otherwise` are where its configuration does not say so.
inline void check_features(const Config& config, std::string_view features, std::string_view otherwise) {
  const std::string input = config.text("module_input_name", std::string(otherwise));
  const std::array<std::string_view, 1> understood{features};
  if (input != features) config.refuse_value("module_input_name", input, understood);
  const std::string output = config.text("module_output_name", input);
  if (output != features) config.refuse_value("module_output_name", output, understood);
}

inline void check_width(const Config& config, std::string_view key, const HeadList& heads) {
  if (config.count(key) != heads.width())
    config.refuse(key, "is " + std::to_string(config.count(key)) + ", but " + std::to_string(heads.width()) +
                           " features come from the module before");
}

// One that does not say what it works on is older than those that can work on tokens.
inline void add_dense(HeadList& heads, const Folder& folder, std::string_view features) {
  const Config config = folder.config("config.json");
  config.refuse_others({"in_features", "out_features", "bias", "activation_function", "module_input_name",
                        "module_output_name", "use_residual"});
  check_features(config, features, features);
  check_width(config, "in_features", heads);
  const Index in = heads.width();
  const Index out = config.count("out_features");
  if (out < 1) config.refuse("out_features", "must be 1 or more");
  const Activation activation =
      config.has("activation_function") ? torch_activation(config, "activation_function") : Activation::tanh;
  Checkpoint weights(folder);
  const Linear<float> linear = read_linear(weights, "linear", out, in, config.flag("bias", true));
  if (!config.flag("use_residual", false))
    heads.add_layer(Dense{linear, activation}, "Dense", activation);
  else if (in == out)
    heads.add_layer(Dense{linear, activation, Residual{}}, "residual Dense", activation);
  else
    heads.add_layer(Dense{linear, activation, read_linear(weights, "residual", out, in, false)}, "residual Dense",
                    activation);
  weights.refuse_unused([](std::string_view) { return false; });
}

inline void add_layer_norm(HeadList& heads, const Folder& folder) {
  const Config config = folder.config("config.json");
  config.refuse_others({"dimension"});
  check_width(config, "dimension", heads);
  Checkpoint weights(folder);
  heads.add(read_layer_norm(weights, "norm", heads.width(), 1e-5), "LayerNorm");
  weights.refuse_unused([](std::string_view) { return false; });
}

// Its folder is often not there: it has no file before 6.0.
inline void add_normalize(HeadList& heads, const Folder& folder, std::string_view features) {
  const Config config =
      folder.has("config.json") ? folder.config("config.json") : Config(folder.file("config.json"), Json::object());
  config.refuse_others({"module_input_name", "module_output_name"});
  check_features(config, features, pooled_features);
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
  if (k < 1 || k > out) config.refuse("k", "is " + std::to_string(k) + ", must be 1 to hidden_dim");
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
  if (config.flag("normalize", false)) heads.add(SampleStandardize{}, "standardize");
  heads.add(Affine{ones, shift}, "shift");
  heads.add_layer(Dense{Linear{weight, weights.vector("latent_bias", out)}, Activation::relu}, "Dense",
                  Activation::relu);
  heads.add(KeepLargest{k}, "top " + std::to_string(k));
  weights.refuse_unused([](std::string_view) { return false; });
}

inline void add_module(HeadList& heads, const Module& module, std::optional<Index> max_active_dims) {
  if (module.type == "Dense")
    add_dense(heads, module.folder, pooled_features);
  else if (module.type == "LayerNorm")
    add_layer_norm(heads, module.folder);
  else if (module.type == "Normalize")
    add_normalize(heads, module.folder, pooled_features);
  else if (module.type == "SparseAutoEncoder")
    add_sparse_auto_encoder(heads, module.folder, max_active_dims);
  else if (module.type != "Dropout")  // the identity, once trained
    throw Error(module.where, "'" + io::detail::excerpt(module.type) +
                                  "' is not understood behind the Pooling; understood are " +
                                  quoted_list(head_modules));
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
