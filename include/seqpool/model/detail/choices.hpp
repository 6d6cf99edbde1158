// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/head/activate.hpp>
#include <seqpool/model/detail/config.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a key chooses among: tables of names and of what they stand for.
namespace seqpool::inline SEQPOOL_ABI::model::detail {

template <class T> struct Named {
  std::string_view name;
  T value;
};

template <class Table> [[nodiscard]] std::vector<std::string_view> names_of(const Table& table) {
  std::vector<std::string_view> names;
  for (const auto& known : table) names.push_back(known.name);
  return names;
}

// What `name` stands for in a table; throws Error about `key`, which says it by `value`, if it stands for nothing.
template <class Table>
[[nodiscard]] auto chosen(const Config& config, std::string_view key, std::string_view value, std::string_view name,
                          const Table& table) {
  for (const auto& known : table)
    if (known.name == name) return known.value;
  config.refuse_value(key, value, names_of(table));
}

// What the text of `key` chooses: `otherwise`, or the first of the table, where the key is not there.
template <class Table>
[[nodiscard]] auto chosen(const Config& config, std::string_view key, const Table& table,
                          std::string_view otherwise = {}) {
  const std::string name = config.text(key, std::string(otherwise.empty() ? table.front().name : otherwise));
  return detail::chosen(config, key, name, name, table);
}

// How many letters have to be put in, taken out or changed to make the one of the other.
inline std::size_t letters_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = std::exchange(row[j + 1], (std::min)({changed, row[j] + 1, row[j + 1] + 1}));
    }
  }
  return row.back();
}

// The number that `key` says, or `otherwise`; throws Error unless it is 1 or more.
[[nodiscard]] inline Index size_of(const Config& config, std::string_view key, std::optional<Index> otherwise = {}) {
  const Index size = otherwise ? config.count(key, *otherwise) : config.count(key);
  if (size < 1) config.refuse(key, {"must be 1 or more"});
  return size;
}

// The eps of a norm, or `otherwise`; throws Error unless it is 0 or more.
[[nodiscard]] inline double eps_of(const Config& config, std::string_view key, double otherwise) {
  const double eps = config.number(key, otherwise);
  if (!(eps >= 0)) config.refuse(key, {"must be 0 or more"});
  return eps;
}

// Classes of torch.nn without options, as sentence-transformers writes them: by the last part of a dotted path such as
// torch.nn.modules.activation.Tanh.
inline constexpr auto torch_activations = std::to_array<Named<Activation>>({{"Identity", Activation::identity},
                                                                            {"Tanh", Activation::tanh},
                                                                            {"ReLU", Activation::relu},
                                                                            {"GELU", Activation::gelu},
                                                                            {"SiLU", Activation::silu},
                                                                            {"Sigmoid", Activation::sigmoid}});

// The last part; "" of a path that is none of torch.
[[nodiscard]] inline std::string_view torch_class(std::string_view path) {
  return path.starts_with("torch.") ? path.substr(path.rfind('.') + 1) : "";
}

// torch.nn.GELU("tanh") is written as GELU alone; a folder says so by Transformers' class for it.
[[nodiscard]] inline Activation torch_activation(const Config& config, std::string_view key) {
  const std::string path = config.text(key);
  if (path == "transformers.activations.GELUTanh") return Activation::gelu_tanh;
  return detail::chosen(config, key, path, torch_class(path), torch_activations);
}

// By the names of Transformers' ACT2FN.
[[nodiscard]] inline Activation transformers_activation(const Config& config, std::string_view key,
                                                        std::string_view otherwise) {
  static constexpr auto names = std::to_array<Named<Activation>>({{"linear", Activation::identity},
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
                                                                  {"sigmoid", Activation::sigmoid}});
  return detail::chosen(config, key, names, otherwise);
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
