// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/head/activate.hpp>
#include <seqpool/model/detail/config.hpp>
#include <seqpool/version.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

struct ActivationName {
  std::string_view name;
  Activation activation;
};

// Classes of torch.nn without options, as sentence-transformers writes them: by the last part of their path.
inline constexpr std::array<ActivationName, 6> torch_activations{{
    {"Identity", Activation::identity},
    {"Tanh", Activation::tanh},
    {"ReLU", Activation::relu},
    {"GELU", Activation::gelu},
    {"SiLU", Activation::silu},
    {"Sigmoid", Activation::sigmoid},
}};

// The names of Transformers' ACT2FN.
inline constexpr std::array<ActivationName, 13> transformers_activations{{
    {"linear", Activation::identity},
    {"tanh", Activation::tanh},
    {"relu", Activation::relu},
    {"gelu", Activation::gelu},
    {"gelu_python", Activation::gelu},
    {"gelu_new", Activation::gelu_tanh},
    {"gelu_fast", Activation::gelu_tanh},
    {"gelu_accurate", Activation::gelu_tanh},
    {"gelu_pytorch_tanh", Activation::gelu_tanh},
    {"gelu_python_tanh", Activation::gelu_tanh},
    {"silu", Activation::silu},
    {"swish", Activation::silu},
    {"sigmoid", Activation::sigmoid},
}};

// The activation that `name`, the value of `key`, stands for; throws Error if it stands for none.
[[nodiscard]] inline Activation activation_of(const Config& config, std::string_view key, std::string_view value,
                                              std::string_view name, std::span<const ActivationName> names) {
  const auto found = std::find_if(names.begin(), names.end(), [&](const auto& known) { return known.name == name; });
  if (found != names.end()) return found->activation;
  std::vector<std::string_view> understood;
  for (const auto& known : names) understood.push_back(known.name);
  config.refuse_value(key, value, understood);
}

// Of a dotted path such as torch.nn.modules.activation.Tanh. torch.nn.GELU("tanh") is written as GELU alone; a folder
// says so by Transformers' class for it.
[[nodiscard]] inline Activation torch_activation(const Config& config, std::string_view key) {
  const std::string path = config.text(key);
  if (path == "transformers.activations.GELUTanh") return Activation::gelu_tanh;
  const std::size_t dot = path.rfind('.');
  const bool is_torch = path.starts_with("torch.") && dot != path.npos;
  return activation_of(config, key, path, is_torch ? std::string_view(path).substr(dot + 1) : std::string_view(),
                       torch_activations);
}

[[nodiscard]] inline Activation transformers_activation(const Config& config, std::string_view key,
                                                        std::string_view otherwise) {
  const std::string name = config.text(key, std::string(otherwise));
  return activation_of(config, key, name, name, transformers_activations);
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
