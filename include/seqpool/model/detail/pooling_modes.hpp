// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/detail/tensor.hpp>
#include <seqpool/model/detail/choices.hpp>
#include <seqpool/model/detail/config.hpp>
#include <seqpool/model/detail/folder.hpp>
#include <seqpool/model/detail/folders.hpp>
#include <seqpool/pooling/attention.hpp>
#include <seqpool/pooling/detail/named_poolings.hpp>
#include <seqpool/pooling/splade.hpp>
#include <seqpool/pooling/sum.hpp>
#include <seqpool/pooling/weighted_mean.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

struct NamedMode {
  std::string_view name;
  Mode value;
  std::string_view flag;
};

// Of a mode that has a name of its own.
template <Scalar T = float> [[nodiscard]] constexpr const seqpool::detail::NamedPooling<T>& named_pooling(Mode mode) {
  return seqpool::detail::named_poolings<T>[static_cast<std::size_t>(mode)];
}

inline constexpr std::array<NamedMode, 6> modes{{
    {named_pooling(Mode::cls).name, Mode::cls, "pooling_mode_cls_token"},
    {named_pooling(Mode::max).name, Mode::max, "pooling_mode_max_tokens"},
    {named_pooling(Mode::mean).name, Mode::mean, "pooling_mode_mean_tokens"},
    {named_pooling(Mode::mean_sqrt_len).name, Mode::mean_sqrt_len, "pooling_mode_mean_sqrt_len_tokens"},
    {named_pooling(Mode::weighted_mean).name, Mode::weighted_mean, "pooling_mode_weightedmean_tokens"},
    {named_pooling(Mode::last).name, Mode::last, "pooling_mode_lasttoken"},
}};

// Reads a Pooling module's `pooling_mode`, one name or a list (5.4 and newer), or a flag for each mode; where both are,
// the former holds.
[[nodiscard]] inline PoolingConfig read_pooling(const Config& config);

// Reads a SpladePooling module, to which the encoder in the folder `encoder` hands a logit for each of its words.
[[nodiscard]] inline PoolingConfig read_splade(const Folder& folder, const Folder& encoder);

// ---------------------------------------------------------------------------------------------------------------------

inline constexpr auto splade_strategies =
    std::to_array<Named<Splade::Strategy>>({{"max", Splade::max}, {"sum", Splade::sum}});
inline constexpr auto splade_activations =
    std::to_array<Named<Splade::Weight>>({{"relu", Splade::relu}, {"log1p_relu", Splade::log1p_relu}});

SEQPOOL_BODY std::string PoolingConfig::summary() const {
  std::string all;
  for (const Mode mode : modes) {
    if (!all.empty()) all += " + ";
    if (mode == Mode::attention)
      all += std::to_string(attention->heads()) + "-head attention";
    else if (mode == Mode::rest)
      all += "mean from " + std::to_string(rest_from);
    else if (mode != Mode::splade)
      all += detail::named_pooling(mode).name;
    else
      all += "splade " + std::string(splade_strategies[splade.strategy].name) +
             (splade.weight == Splade::relu ? "" : " " + std::string(splade_activations[splade.weight].name));
  }
  return all;
}

SEQPOOL_BODY Index PoolingConfig::width() const {
  Index all = 0;
  for (const Mode mode : modes)
    all = seqpool::detail::total(all, mode == Mode::attention ? attention->width(hidden) : hidden, "poolings");
  return all;
}

template <Scalar T> AnyPooling<T> PoolingConfig::pooling(Index before, Means means) const {
  const auto make = [&](Mode mode) -> AnyPooling<T> {
    if (mode == Mode::attention) return *attention;
    if (mode == Mode::splade) return splade;
    if (mode == Mode::rest) return MeanFrom{rest_from};
    if (mode == Mode::weighted_mean) return WeightedMean{before};
    if (means == Means::sums && (mode == Mode::mean || mode == Mode::mean_sqrt_len)) return Sum{};
    return detail::named_pooling<T>(mode).make();
  };
  std::vector<AnyPooling<T>> all;
  for (const Mode mode : modes) all.push_back(make(mode));
  return all.size() == 1 ? all.front() : AnyPooling<T>(std::move(all));
}

// Of a token, by one name or the other.
inline std::string_view features_key(const Config& config) {
  return config.has("embedding_dimension") ? "embedding_dimension" : "word_embedding_dimension";
}

inline PoolingConfig read_pooling(const Config& config) {
  config.refuse_others({"embedding_dimension", "word_embedding_dimension", "pooling_mode", "include_prompt",
                        modes[0].flag, modes[1].flag, modes[2].flag, modes[3].flag, modes[4].flag, modes[5].flag});
  PoolingConfig result;
  result.hidden = size_of(config, features_key(config));
  result.include_prompt = config.flag("include_prompt", true);
  const auto add = [&](const std::string& name) {
    const Mode mode = detail::chosen(config, "pooling_mode", name, name, modes);
    if (std::find(result.modes.begin(), result.modes.end(), mode) != result.modes.end())
      config.refuse("pooling_mode", {"names '", name, "' twice"});
    result.modes.push_back(mode);
  };
  if (config.is_text("pooling_mode")) {
    add(config.text("pooling_mode"));
  } else if (config.has("pooling_mode")) {
    for (const auto& name : config.texts("pooling_mode")) add(name);
    if (result.modes.empty()) config.refuse("pooling_mode", {"is an empty list"});
  } else {
    for (const NamedMode& mode : modes)
      if (config.flag(mode.flag, false)) result.modes.push_back(mode.value);
    if (result.modes.empty()) result.modes.push_back(Mode::mean);
  }
  return result;
}

inline PoolingConfig read_splade(const Folder& folder, const Folder& encoder) {
  const Config config = folder.config("config.json");
  config.refuse_others({"embedding_dimension", "word_embedding_dimension", "pooling_strategy", "activation_function"});
  PoolingConfig result;
  result.modes = {Mode::splade};
  result.splade = {detail::chosen(config, "pooling_strategy", splade_strategies),
                   detail::chosen(config, "activation_function", splade_activations)};
  // Often null: Python sees how many logits come.
  const std::string_view key = features_key(config);
  result.hidden = config.has(key) ? size_of(config, key) : size_of(encoder.config("config.json"), "vocab_size");
  return result;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
